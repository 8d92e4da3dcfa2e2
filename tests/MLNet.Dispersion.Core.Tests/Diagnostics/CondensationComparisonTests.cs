using System.Globalization;

namespace MLNet.Dispersion.Tests.Diagnostics;

public class CondensationComparisonTests
{
    [Fact]
    public void CompareTo_SameDepth_PutsLayerBesideLayer()
    {
        CondensationReport before = Reports.EqualLengths("before"), after = Reports.Measure(["1 2 3 4 11", "6 7 8 9 12", "3"], name: "after");
        CondensationComparison comparison = before.CompareTo(after);
        Assert.True(comparison.SameDepth);
        Assert.Contains("The texts are not the same", Assert.Single(comparison.Caveats), StringComparison.Ordinal);
        foreach (LayerComparison layer in comparison.Layers)
        {
            int i = comparison.Layers.ToList().IndexOf(layer);
            foreach (GeometryMeasure measure in GeometryMeasures.All)
            {
                Assert.Equal(before.Layers[i].Measures[measure], layer.Before[measure]);
                Assert.Equal(after.Layers[i].Measures[measure], layer.After[measure]);
                Assert.Equal(after.Layers[i].Measures[measure] - before.Layers[i].Measures[measure], layer.Change(measure));
            }
        }

        Assert.Same(comparison.Layers[^1], comparison.LastLayer);
        Assert.Equal(after.Profile.Trend.Spearman - before.Profile.Trend.Spearman, comparison.SpearmanChange);
        Assert.Equal(after.Profile.Trend.KendallTauB - before.Profile.Trend.KendallTauB, comparison.KendallTauBChange);
    }

    [Fact]
    public void CompareTo_Itself_ShowsNoChange()
    {
        CondensationReport report = Reports.Ragged();
        CondensationComparison comparison = report.CompareTo(report);
        Assert.All(comparison.Layers, layer => Assert.All(GeometryMeasures.All, measure => Assert.Equal(0, layer.Change(measure))));
        Assert.Equal((0, 0), (comparison.SpearmanChange, comparison.KendallTauBChange));
    }

    [Fact]
    public void CompareTo_OtherDepth_ReadsAtTheSameFraction()
    {
        CondensationReport shallow = Reports.Ragged("shallow", layers: 3), deep = Reports.Ragged("deep", layers: 4);
        CondensationComparison comparison = shallow.CompareTo(deep);
        Assert.False(comparison.SameDepth);
        Assert.Contains("3 and 4 blocks", Assert.Single(comparison.Caveats), StringComparison.Ordinal);
        Assert.Equal(4, comparison.Layers.Count);
        double At(int layer) => deep.Layers[layer].Measures[GeometryMeasure.MeanCosine];
        double[] expected = [At(0), At(1) + ((At(2) - At(1)) / 3), At(2) + ((At(3) - At(2)) * 2 / 3), At(4)];
        Assert.All(expected.Zip(comparison.Layers), pair => Assert.Equal(pair.First, pair.Second.After[GeometryMeasure.MeanCosine], 1e-12));
        Assert.Equal(At(4), comparison.LastLayer.After[GeometryMeasure.MeanCosine]);
        Assert.Contains("3 and 4 blocks", comparison.ToString(), StringComparison.Ordinal);
        Assert.Contains("3 and 4 blocks", comparison.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void CompareTo_OtherSample_IsListedAsCaveat()
    {
        CondensationComparison comparison = Reports.EqualLengths().CompareTo(Reports.Measure(["1 2 3", "4 5"], new() { SpectrumTexts = 1 }));
        Assert.Equal(3, comparison.Caveats.Count);
        Assert.Contains(comparison.Caveats, text => text.Contains("5 to 5 tokens before and 2 to 3 after", StringComparison.Ordinal));
        Assert.Contains(comparison.Caveats, text => text.Contains("2 texts of 10 tokens before, 2 of 5 after", StringComparison.Ordinal));
        Assert.Contains(comparison.Caveats, text => text.Contains("over 2 texts before and 1 after", StringComparison.Ordinal));
        Assert.Contains("entry by entry before, pairs pooled after", comparison.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_Comparison_ShowsBeforeAfterAndSignedChange()
    {
        CondensationComparison comparison = Reports.EqualLengths("old|one").CompareTo(Reports.Measure(["1 2 3 4 11", "6 7 8 9 12", "3"], name: "new"));
        string text = comparison.ToString();
        Assert.Contains("Condensation before (old|one) and after (new)", text, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^embeddings +-?0\.\d{4} +-?0\.\d{4} +[+-]0\.\d{4} +-?0\.\d{4} +-?0\.\d{4} +[+-]0\.\d{4}$", text);
        Assert.Matches(@"Last layer: 0\.\d{4} before, 0\.\d{4} after \([+-]0\.\d{4}\)", text);
        Assert.Contains("after beside before (less counts as better): cannot be told without an interval", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 120 || line.Contains(": ", StringComparison.Ordinal), line));
        Assert.Contains(@"before (old\|one)", comparison.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void ToCsv_Comparison_HasThreeColumnsAMeasure()
    {
        CondensationComparison comparison = Reports.EqualLengths("x").CompareTo(Reports.Ragged("y"));
        string[][] records = CondensationReportTextTests.ParseCsv(comparison.ToCsv());
        Assert.Equal(7 + (3 * GeometryMeasures.All.Count), records[0].Length);
        Assert.Equal(1 + 4, records.Length);
        string Field(string name) => records[3][Array.IndexOf(records[0], name)];
        LayerComparison layer = comparison.Layers[2];
        Assert.Equal(layer.Before[GeometryMeasure.StableRank], double.Parse(Field("stableRankBefore"), CultureInfo.InvariantCulture));
        Assert.Equal(layer.After[GeometryMeasure.StableRank], double.Parse(Field("stableRankAfter"), CultureInfo.InvariantCulture));
        Assert.Equal(layer.Change(GeometryMeasure.StableRank), double.Parse(Field("stableRankChange"), CultureInfo.InvariantCulture));
        Assert.Equal(("elementwise", "pooledPairs", "true"), (Field("averagingBefore"), Field("averagingAfter"), Field("sameDepth")));
    }
}

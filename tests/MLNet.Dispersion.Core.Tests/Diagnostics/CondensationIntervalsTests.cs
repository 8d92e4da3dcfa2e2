namespace MLNet.Dispersion.Tests.Diagnostics;

public sealed class CondensationIntervalsTests
{
    private static readonly string[] Texts = [.. TinyBackbone.LabelledTexts(40, seed: 3).Texts.Where(text => text.Length > 12)];

    [Fact]
    public void Measure_ManyTexts_HasIntervalsAroundItsFigures()
    {
        CondensationReport report = CondensationReport.Measure(TinyBackbone.Backbone, Texts, new() { ConeTexts = 0, SpectrumTexts = 0, Histograms = false });

        CondensationIntervals intervals = report.Intervals!;
        Assert.Equal(report.Layers.Count, intervals.MeanCosine.Count);
        for (int layer = 0; layer < report.Layers.Count; layer++)
        {
            Assert.Equal(report.Layers[layer].Cosine.Pooled.Means.Full, intervals.MeanCosine[layer].Estimate, 1e-9);
            Assert.Equal(report.Layers[layer].Cosine.Pooled.Means.OffDiagonal, intervals.MeanCosineOffDiagonal[layer].Estimate, 1e-9);
            Assert.InRange(intervals.MeanCosine[layer].Estimate, intervals.MeanCosine[layer].Lower, intervals.MeanCosine[layer].Upper);
        }

        Assert.Equal(GeometryMeasure.MeanCosineOffDiagonal, report.MainCosine);
        Assert.Equal(report.Profile.OffDiagonalTrend, report.MainTrend);
        CondensationReport again = CondensationReport.FromJson(report.ToJson());
        Assert.Equal(report.ToCsv(), again.ToCsv());
        Assert.Equal(report.ToString(), again.ToString());
        Assert.Equal(intervals.Spearman, again.Intervals!.Spearman);
        Assert.Contains("meanCosineOffDiagonalUpper", report.ToCsv(), StringComparison.Ordinal);
        Assert.Contains("95 % off diagonal", report.ToMarkdown(), StringComparison.Ordinal);
        Assert.Null(CondensationReport.Measure(TinyBackbone.Backbone, Texts.Take(CondensationIntervals.FewestTexts - 1), new() { ConeTexts = 0 }).Intervals);
    }

    [Fact]
    public void ToIntervals_OneTextsWeight_IsThatOfItsPairs()
    {
        var cosines = new TextCosines(2);
        for (int text = 0; text < 12; text++)
        {
            double length = text == 0 ? 100 : 2;
            cosines.Add(0, length, new CosineMeans { Full = text == 0 ? 0.9 : 0.1, OffDiagonal = text == 0 ? 0.8 : 0.2 });
            cosines.Add(1, length, new CosineMeans { Full = 0.5, OffDiagonal = 0.4 });
        }

        CondensationIntervals intervals = cosines.ToIntervals()!;

        Assert.Equal(((100 * 100 * 0.9) + (11 * 4 * 0.1)) / ((100 * 100) + (11 * 4)), intervals.MeanCosine[0].Estimate, 1e-12);
        Assert.Equal(((100 * 99 * 0.8) + (11 * 2 * 0.2)) / ((100 * 99) + (11 * 2)), intervals.MeanCosineOffDiagonal[0].Estimate, 1e-12);
        Assert.Equal((0.5, 0.5), (Math.Round(intervals.MeanCosine[1].Lower, 9), Math.Round(intervals.MeanCosine[1].Upper, 9)));
        Assert.Equal(-1, intervals.Spearman!.Estimate);
    }

    [Fact]
    public void ToIntervals_ThousandsOfTexts_AreAsWideAsTheirNumberSays()
    {
        var random = new Random(5);
        var cosines = new TextCosines(1);
        double[] values = [.. Enumerable.Range(0, 4 * TextCosines.MostUnits).Select(_ => random.NextDouble())];
        foreach (double value in values)
        {
            cosines.Add(0, 20, new CosineMeans { Full = value, OffDiagonal = value });
        }

        CondensationIntervals intervals = cosines.ToIntervals()!;

        // Uniform values have a standard deviation of 1 / sqrt(12).
        double expected = 2 * 1.96 / Math.Sqrt(12 * values.Length);
        Assert.InRange(intervals.MeanCosine[0].Upper - intervals.MeanCosine[0].Lower, 0.9 * expected, 1.1 * expected);
        Assert.Equal(values.Average(), intervals.MeanCosine[0].Estimate, 1e-12);
        Assert.Null(intervals.Spearman);
    }

    [Fact]
    public void CompareTo_OtherTextsOrLengths_Warns()
    {
        var options = new CondensationReportOptions { ConeTexts = 0, SpectrumTexts = 0, Histograms = false };
        CondensationReport one = CondensationReport.Measure(TinyBackbone.Backbone, Texts, options);
        CondensationReport same = CondensationReport.Measure(TinyBackbone.Backbone, Texts, options);
        CondensationReport turned = CondensationReport.Measure(TinyBackbone.Backbone, Texts.Reverse(), options);
        CondensationReport shorter = CondensationReport.Measure(TinyBackbone.Backbone, Texts, new() { ConeTexts = 0, SpectrumTexts = 0, Histograms = false, MaxTokens = 4 });

        Assert.Empty(one.CompareTo(same).Caveats);
        Assert.Contains("not the same", Assert.Single(one.CompareTo(turned).Caveats), StringComparison.Ordinal);
        Assert.Contains(one.CompareTo(shorter).Caveats, caveat => caveat.Contains("MinTokens = MaxTokens", StringComparison.Ordinal));
        Assert.Contains("depend on length", Assert.Single(one.Caveats), StringComparison.Ordinal);
    }

    [Fact]
    public void LastLayerVerdict_SameTexts_IsTheirPairedInterval()
    {
        var options = new CondensationReportOptions { ConeTexts = 0, SpectrumTexts = 0, Histograms = false };
        CondensationReport one = CondensationReport.Measure(TinyBackbone.Backbone, Texts, options);
        CondensationReport shorter = CondensationReport.Measure(TinyBackbone.Backbone, Texts, new() { ConeTexts = 0, SpectrumTexts = 0, Histograms = false, MaxTokens = 4 });

        CondensationComparison itself = one.CompareTo(one), cut = one.CompareTo(shorter);

        Assert.Equal((VerdictWord.NoDifferenceThatMatters, 0, 0), (itself.LastLayerVerdict!.Word, itself.LastLayerVerdict.Interval.Lower, itself.LastLayerVerdict.Interval.Upper));
        Assert.Equal(-cut.LastLayer.Change(GeometryMeasure.MeanCosineOffDiagonal), cut.LastLayerVerdict!.Interval.Estimate, 1e-9);
        Assert.Contains($"(less counts as better): {cut.LastLayerVerdict.Text}", cut.ToString(), StringComparison.Ordinal);
        Assert.Null(CondensationReport.FromJson(one.ToJson()).CompareTo(one).LastLayerVerdict);
        Assert.Null(one.CompareTo(CondensationReport.Measure(TinyBackbone.Backbone, Texts.Reverse(), options)).LastLayerVerdict);
        Assert.Contains("cannot be told without an interval", CondensationReport.FromJson(one.ToJson()).CompareTo(one).ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void TrendSentence_FewLayers_CannotBeTold()
    {
        CondensationReport report = CondensationReport.Measure(TinyBackbone.Backbone, Texts, new() { ConeTexts = 0, SpectrumTexts = 0 });

        // Of three hidden states no order is rare.
        Assert.True(report.Layers.Count <= 4 && !report.MainTrend.IsSignificant);
        Assert.Contains("cannot be told", report.TrendSentence, StringComparison.Ordinal);
        Assert.DoesNotContain("with depth (Spearman", report.ToString(), StringComparison.Ordinal);
    }
}

using System.Globalization;
using MLNet.Dispersion.Tests.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Geometry;

public class CondensationAccumulatorTests
{
    [Fact]
    public void Add_TextsOfDifferentLength_PoolsTheirPairs()
    {
        using var scope = NewDisposeScope();
        int[] lengths = [3, 7, 2];
        Tensor[][] texts = [.. lengths.Select((n, i) => Text(n, seed: i))];
        CondensationProfile profile = Profile(texts);
        for (int layer = 0; layer < 3; layer++)
        {
            Tensor[] matrices = [.. texts.Select(text => CosineGeometry.Matrix(text[layer]).to(float64))];
            double full = matrices.Sum(m => m.sum().item<double>()) / lengths.Sum(n => n * n);
            double off = matrices.Sum(m => (m.sum() - m.diagonal().sum()).item<double>()) / lengths.Sum(n => n * (n - 1));
            Assert.Equal(full, profile.Layers[layer].MeanCosine, 1e-6);
            Assert.Equal(off, profile.Layers[layer].MeanCosineOffDiagonal, 1e-6);
            Assert.Equal(lengths.Sum(n => n * n), profile.Layers[layer].Pooled.Histogram!.Total);
            Assert.Null(profile.Layers[layer].Elementwise);
        }

        Assert.Equal(CosineAveraging.PooledPairs, profile.Averaging);
        Assert.Null(profile.TokensPerText);
        Assert.Equal(12, profile.Tokens);
    }

    [Fact]
    public void Add_TextsOfEqualLength_OffersBothConventions()
    {
        using var scope = NewDisposeScope();
        Tensor[][] texts = [Text(5, 1), Text(5, 2), Text(5, 3)];
        CondensationProfile profile = Profile(texts);
        LayerGeometry layer = profile.Layers[1];
        Tensor average = stack(texts.Select(text => CosineGeometry.Matrix(text[1]))).mean([0]);
        Assert.Equal(average.mean().item<float>(), layer.Elementwise!.Means.Full, 1e-6);
        Assert.Equal(layer.Elementwise.Means, layer.Pooled.Means);
        Assert.Equal(CosineHistogram.Of(average).Counts, layer.Elementwise.Histogram!.Counts);
        Assert.Equal(25, layer.Elementwise.Histogram.Total);
        Assert.Equal(75, layer.Pooled.Histogram!.Total);
        Assert.Equal(5, profile.TokensPerText);
    }

    [Fact]
    public void Add_LengthChangesAndComesBack_StaysPooled()
    {
        using var scope = NewDisposeScope();
        CondensationProfile profile = Profile([Text(5, 1), Text(4, 2), Text(5, 3)]);
        Assert.Equal(CosineAveraging.PooledPairs, profile.Averaging);
    }

    [Fact]
    public void Add_ShortTexts_AreCountedApart()
    {
        using var scope = NewDisposeScope();
        CondensationProfile with = Profile([Text(1, 1), Text(5, 2), Text(0, 3)]), without = Profile([Text(5, 2)]);
        Assert.Equal(1, with.Texts);
        Assert.Equal(2, with.ShortTexts);
        Assert.Equal(5, with.Tokens);
        Assert.Equal(without.Layers.Select(l => l.MeanCosine), with.Layers.Select(l => l.MeanCosine));
        Assert.Contains("2 more of fewer than two tokens", with.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ToProfile_NothingToMeasure_SaysWhy()
    {
        using var scope = NewDisposeScope();
        Assert.Contains("no texts", Assert.Throws<InvalidOperationException>(() => Profile([])).Message, StringComparison.Ordinal);
        Assert.Contains("None of the 2 texts", Assert.Throws<InvalidOperationException>(() => Profile([Text(1, 1), Text(0, 2)])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN, true)]
    [InlineData(float.PositiveInfinity, true)]
    [InlineData(float.NegativeInfinity, false)]
    public void Add_NonFiniteState_NamesLayerAndText(float value, bool histograms)
    {
        using var scope = NewDisposeScope();
        using var accumulator = new CondensationAccumulator(histograms);
        accumulator.Add(Text(1, 1));
        accumulator.Add(Text(4, 1));
        Tensor[] broken = Text(4, 2);
        broken[2][3, 1] = value;
        string message = Assert.Throws<NonFiniteStateException>(() => accumulator.Add(broken)).Message;
        Assert.Contains("Hidden state 2 of text 2 ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_OtherModelsLayers_Throws()
    {
        using var scope = NewDisposeScope();
        using var accumulator = new CondensationAccumulator();
        accumulator.Add(Text(4, 1));
        Assert.Throws<ArgumentException>(() => accumulator.Add([.. Text(4, 1).Take(2)]));
        Assert.Throws<ArgumentException>(() => accumulator.Add([.. Text(4, 1).Take(2), Text(5, 1)[0]]));
        Assert.Throws<ArgumentException>(() => accumulator.Add([]));
    }

    [Fact]
    public void Add_WithoutHistograms_GivesTheSameMeans()
    {
        using var scope = NewDisposeScope();
        Tensor[][] texts = [Text(5, 1), Text(5, 2)];
        using var accumulator = new CondensationAccumulator(histograms: false);
        Array.ForEach(texts, accumulator.Add);
        CondensationProfile lean = accumulator.ToProfile();
        Assert.Equal(Profile(texts).Layers.Select(l => l.MeanCosine), lean.Layers.Select(l => l.MeanCosine));
        Assert.All(lean.Layers, layer => Assert.Null(layer.Summary.Histogram));
    }

    [Fact]
    public void Add_ManyTexts_KeepsTheNumberOfLiveTensors()
    {
        using var scope = NewDisposeScope();
        Tensor[] text = Text(6, 1);
        var accumulator = new CondensationAccumulator();
        accumulator.Add(text);
        long after1 = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 50; i++)
        {
            accumulator.Add(text);
            _ = accumulator.ToProfile();
        }

        Assert.Equal(after1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        accumulator.Dispose();
        Assert.Equal(after1 - (3 + (2 * 3)), DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void ToString_InAnyCulture_IsATableWithOneLineALayer()
    {
        using var scope = NewDisposeScope();
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            string[] lines = Profile([Text(5, 1), Text(5, 2)]).ToString().TrimEnd().Split('\n');
            Assert.Equal(3 + 3 + 1, lines.Length);
            Assert.Contains("over texts of 5 tokens (published convention)", lines[1], StringComparison.Ordinal);
            Assert.Matches(@"^embeddings +-?0\.\d{4} +-?0\.\d{4} +-?0\.\d{4}", lines[3]);
            Assert.Matches(@"^2 +-?0\.\d{4}", lines[5]);
            Assert.Matches(@"Spearman [+-]?\d\.\d\d, Kendall tau-b", lines[6]);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static CondensationProfile Profile(Tensor[][] texts)
    {
        using var accumulator = new CondensationAccumulator();
        Array.ForEach(texts, accumulator.Add);
        return accumulator.ToProfile();
    }

    /// <summary>Three layers that condense with depth.</summary>
    private static Tensor[] Text(int length, int seed) =>
        [.. Enumerable.Range(0, 3).Select(layer => DispersionSamples.States(1, length, 6, ScalarType.Float32, (ulong)((seed * 10) + layer), shift: 0.4 * layer).squeeze(0))];
}

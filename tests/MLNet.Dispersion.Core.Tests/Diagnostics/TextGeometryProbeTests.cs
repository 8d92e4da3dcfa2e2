using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Diagnostics;

public class TextGeometryProbeTests
{
    [Fact]
    public void Measure_TextsOfManyLengths_EqualsEachTextAlone()
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var probe = new TextGeometryProbe(model, GeometryMeasures.All);
        string?[] texts = [.. Enumerable.Range(1, 40).Select(i => string.Concat(Enumerable.Repeat("refund the parcel ", i % 7)) + i), "", null, "x"];
        TextGeometry[] together = probe.Measure(texts);
        Assert.Equal(texts.Length, together.Length);
        for (int i = 0; i < texts.Length; i++)
        {
            TextGeometry alone = Assert.Single(probe.Measure([texts[i]]));
            Assert.Equal(Math.Min(TinyBackbone.ContextLength, model.Tokenizer.Encode(texts[i]).Ids.Length), together[i].TokenCount);
            Assert.Equal(alone.TokenCount, together[i].TokenCount);
            Assert.All(GeometryMeasures.All, measure => AssertSame(alone.ByLayer(measure), together[i].ByLayer(measure)));
        }
    }

    [Fact]
    public void Measure_EmptyTexts_HaveNoTokensAndNaN()
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var probe = new TextGeometryProbe(model, [GeometryMeasure.MeanCosine]);
        TextGeometry[] none = probe.Measure(["", null]);
        Assert.All(none, geometry => Assert.Equal((0, probe.LayerCount, false), (geometry.TokenCount, geometry.LayerCount, geometry.HasPairs)));
        Assert.Empty(probe.Measure([]));
    }

    [Fact]
    public void Measure_MaxTokens_CutsTexts()
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var probe = new TextGeometryProbe(model, [GeometryMeasure.MeanCosine], maxTokens: 3);
        TextGeometry[] cut = probe.Measure(["a very long text indeed", "refund"]);
        Assert.Equal(3, cut[0].TokenCount);
        Assert.Equal([true, false], cut.Select(text => text.IsTruncated));
        Assert.Equal(TinyBackbone.ContextLength, new TextGeometryProbe(model, [GeometryMeasure.MeanCosine]).MaxTokens);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextGeometryProbe(model, [GeometryMeasure.MeanCosine], maxTokens: 1));
        Assert.Throws<ArgumentException>(() => new TextGeometryProbe(model, []));
    }

    [Fact]
    public void Measure_TrainingModel_IsPutBack()
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        model.Backbone.train();
        new TextGeometryProbe(model, [GeometryMeasure.MeanCosine]).Measure(["refund the parcel"]);
        Assert.True(model.Backbone.training);
    }

    [Fact]
    public void Measure_DamagedModel_NamesLayerAndText()
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using (no_grad())
        {
            model.Backbone.named_parameters().First(p => p.name.Contains("h.1.", StringComparison.Ordinal)).parameter.fill_(float.NaN);
        }

        string message = Assert.Throws<NonFiniteStateException>(() => new TextGeometryProbe(model, [GeometryMeasure.MeanCosine]).Measure(["", "refund the parcel"])).Message;
        Assert.Contains("Hidden state 2 of text 1 (counted from 0)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Measure_SeveralThreads_GiveTheSame()
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var probe = new TextGeometryProbe(model, [GeometryMeasure.MeanCosine, GeometryMeasure.MeanNorm]);
        string[] texts = ["refund the parcel", "the payment failed", "a b c d e f"];
        double[][] expected = [.. probe.Measure(texts).Select(g => g.ByLayer(GeometryMeasure.MeanNorm).ToArray())];
        var results = new double[8][][];
        Parallel.For(0, results.Length, i => results[i] = [.. probe.Measure(texts).Select(g => g.ByLayer(GeometryMeasure.MeanNorm).ToArray())]);
        Assert.All(results, result => Assert.Equal(expected, result));
    }

    [Fact]
    public void Measure_ManyBatches_LeaveNoTensors()
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var probe = new TextGeometryProbe(model, [GeometryMeasure.MeanCosine]);
        probe.Measure(["refund the parcel"]);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        probe.Measure([.. Enumerable.Range(0, 100).Select(i => $"refund the parcel {i}")]);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Measure_Cancelled_Throws()
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var probe = new TextGeometryProbe(model, [GeometryMeasure.MeanCosine]);
        Assert.Throws<OperationCanceledException>(() => probe.Measure(["refund the parcel"], new CancellationToken(canceled: true)));
    }

    private static void AssertSame(IReadOnlyList<double> expected, IReadOnlyList<double> actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.True(pair.First.Equals(pair.Second) || Math.Abs(pair.First - pair.Second) < 2e-5 * Math.Max(1, Math.Abs(pair.First)), $"expected {pair.First}, got {pair.Second}"));
}

using MLNet.Dispersion.Tests.Geometry;
using MLNet.Dispersion.Tests.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Diagnostics;

public class CondensationReportTests
{
    [Fact]
    public void Measure_RaggedTexts_MatchesLoopsOverDoubles()
    {
        string[] texts = ["1 2 3 4 5", "6 7 8", "9 10 11 12"];
        CondensationReport report = Reports.Measure(texts, new() { SpectrumTexts = int.MaxValue });
        using var scope = NewDisposeScope();
        using var backbone = new FakeBackbone();
        double[][][][] rows = [.. texts.Select(text => Enumerable.Range(0, 4).Select(layer =>
            DispersionSamples.ToArrays(backbone.State(backbone.Embed([.. text.Split(' ').Select(long.Parse)]), layer).unsqueeze(0))[0]).ToArray())];
        for (int layer = 0; layer < 4; layer++)
        {
            double Pooled(bool diagonal) => rows.SelectMany(text => NaiveGeometry.Cosines(text[layer], diagonal)).Average();
            Assert.Equal(Pooled(diagonal: true), report.Layers[layer].Measures[GeometryMeasure.MeanCosine], 1e-6);
            Assert.Equal(Pooled(diagonal: false), report.Layers[layer].Measures[GeometryMeasure.MeanCosineOffDiagonal], 1e-6);
            foreach (GeometryMeasure measure in GeometryMeasures.All.Where(measure => !measure.IsCosine()))
            {
                double expected = rows.Average(text => NaiveGeometry.Value(measure, text[layer], text[0]));
                Assert.Equal(expected, report.Layers[layer].Measures[measure], 1e-6 * Math.Max(1, Math.Abs(expected)));
            }

            double[][] spectra = [.. rows.Select(text => NaiveGeometry.SingularValues(text[layer]))];
            Assert.Equal(5, report.Layers[layer].Spectrum.Count);
            Assert.All(report.Layers[layer].Spectrum.Index(), s => Assert.Equal(spectra.Where(x => x.Length > s.Index).Average(x => x[s.Index] / x[0]), s.Item, 1e-6));
        }
    }

    [Fact]
    public void Measure_Layers_AreNamedAndPlacedInDepth()
    {
        CondensationReport report = Reports.Ragged();
        Assert.Equal(["embeddings", "1", "2", "3"], report.Layers.Select(layer => layer.Name));
        Assert.Equal([0, 1 / 3.0, 2 / 3.0, 1], report.Layers.Select(layer => layer.Fraction));
        Assert.Equal([0, 1, 2, 3], report.Layers.Select(layer => layer.HiddenState));
        Assert.Equal(CosineAveraging.PooledPairs, report.Profile.Averaging);
        Assert.Equal(CosineAveraging.Elementwise, Reports.EqualLengths().Profile.Averaging);
    }

    [Fact]
    public void Measure_Truncation_CutsAtTheLimitAndTheContext()
    {
        string text = string.Join(' ', Enumerable.Range(0, 18));
        CondensationReport cut = Reports.Measure([text, "1 2 3"], new() { MaxTokens = 5 });
        Assert.Equal((5 + 3, 1, 5), (cut.Profile.Tokens, cut.TruncatedTexts, cut.MaxTokens));
        Assert.Equal(16, Reports.Measure([text]).Profile.Tokens);
    }

    [Fact]
    public void Measure_ShortTexts_AreCountedAndLeftOut()
    {
        CondensationReport report = Reports.Measure(["1", null, "", "1 2 3", "7 8"], new() { MinTokens = 3 });
        Assert.Equal((1, 4, 3), (report.Profile.Texts, report.Profile.ShortTexts, report.MinTokens));
        Assert.All(report.Layers.SelectMany(layer => layer.Measures.Values), value => Assert.True(double.IsFinite(value)));
        Assert.Equal(Reports.Measure(["1 2 3"]).Layers.Select(layer => layer.Measures[GeometryMeasure.MeanCosine]), report.Layers.Select(layer => layer.Measures[GeometryMeasure.MeanCosine]));
    }

    [Fact]
    public void Measure_NothingToMeasure_SaysWhy()
    {
        Assert.Contains("no texts", Assert.Throws<ArgumentException>(() => Reports.Measure([])).Message, StringComparison.Ordinal);
        Assert.Contains("None of the 2 texts has 2 tokens", Assert.Throws<ArgumentException>(() => Reports.Measure(["1", ""])).Message, StringComparison.Ordinal);
        Assert.Contains("None of the 1 texts has 9 tokens", Assert.Throws<ArgumentException>(() => Reports.Measure(["1 2"], new() { MinTokens = 9 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Measure_SpectrumTexts_TakesThatManyAndLeavesNaNForNone()
    {
        string[] texts = [.. Enumerable.Range(0, 10).Select(i => $"{i} {i + 1} {i + 2}")];
        Assert.Equal(2, Reports.Measure(texts).SpectrumTexts);
        Assert.Equal(4, Reports.Measure(texts, new() { SpectrumTexts = 4 }).SpectrumTexts);
        Assert.Equal(10, Reports.Measure(texts, new() { SpectrumTexts = int.MaxValue }).SpectrumTexts);
        CondensationReport none = Reports.Measure(texts, new() { SpectrumTexts = 0, Histograms = false });
        Assert.Equal(0, none.SpectrumTexts);
        Assert.All(none.Layers, layer => Assert.Empty(layer.Spectrum));
        Assert.All(none.Layers, layer => Assert.Null(layer.Cosine.Pooled.Histogram));
        Assert.All(none.Layers, layer => Assert.True(double.IsNaN(layer.Measures[GeometryMeasure.EffectiveRank]) && double.IsFinite(layer.Measures[GeometryMeasure.MeanCosine])));
    }

    [Theory]
    [InlineData(100, 4)]
    [InlineData(7, 3)]
    [InlineData(5, 9)]
    [InlineData(3, 0)]
    public void IsSpread_AnyNumbers_PicksAsManyAsWantedEvenly(int total, int wanted)
    {
        int[] picked = [.. Enumerable.Range(0, total).Where(i => CondensationMeasurement.IsSpread(i, total, wanted))];
        Assert.Equal(Math.Min(total, wanted), picked.Length);
        Assert.True(picked.Length == 0 || picked[0] == 0);
        Assert.All(picked.Zip(picked.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, total / Math.Max(1, wanted), (total / Math.Max(1, wanted)) + 1));
    }

    [Fact]
    public void Measure_TrainingModel_IsMeasuredInEvaluationModeAndPutBack()
    {
        using var backbone = new FakeBackbone();
        using var model = new PretrainedLanguageModel("fake", backbone, new KnownTextsTokenizer());
        backbone.train();
        backbone.Dropout.eval();
        CondensationReport.Measure(model, ["1 2 3"]);
        Assert.False(backbone.SawTraining || backbone.SawGradients);
        Assert.True(backbone.training);
        Assert.False(backbone.Dropout.training);
    }

    [Fact]
    public void Measure_NonFiniteState_NamesLayerAndTextAmongThosePassedIn()
    {
        using var backbone = new FakeBackbone { BreakTextAt = 1 };
        using var model = new PretrainedLanguageModel("fake", backbone, new KnownTextsTokenizer());
        backbone.train();
        string message = Assert.Throws<NonFiniteStateException>(() => CondensationReport.Measure(model, ["1", "1 2 3", "4", "4 5 6"])).Message;
        Assert.Contains("Hidden state 2 of text 3 (counted from 0)", message, StringComparison.Ordinal);
        Assert.True(backbone.training);
    }

    [Fact]
    public void Measure_Progress_CountsEveryTextAndKnowsTheTotal()
    {
        var seen = new List<CondensationProgress>();
        Reports.Measure(["1 2", "3", "4 5", "6 7"], new() { Progress = new Reporter(seen.Add) });
        Assert.Equal([(1, 3), (2, 3), (3, 3)], seen.Select(p => (p.Texts, p.TotalTexts)));
        Assert.All(seen, p => Assert.True(p.Elapsed > TimeSpan.Zero && p.Remaining >= TimeSpan.Zero));
        Assert.True(seen[0].Remaining > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, seen[^1].Remaining);
    }

    [Fact]
    public void Measure_Cancelled_StopsBeforeTheNextText()
    {
        using var cancel = new CancellationTokenSource();
        var seen = new List<CondensationProgress>();
        var options = new CondensationReportOptions
        {
            CancellationToken = cancel.Token,
            Progress = new Reporter(p =>
            {
                seen.Add(p);
                if (p.Texts == 2)
                {
                    cancel.Cancel();
                }
            }),
        };
        Assert.Throws<OperationCanceledException>(() => Reports.Measure(["1 2", "3 4", "5 6", "7 8"], options));
        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public void Measure_OptionsEditedMeanwhile_AreReadOnce()
    {
        var options = new CondensationReportOptions { SpectrumTexts = int.MaxValue };
        options.Progress = new Reporter(_ => (options.SpectrumTexts, options.Histograms) = (0, false));
        Assert.Equal(3, Reports.Measure(["1 2", "3 4", "5 6"], options).SpectrumTexts);
    }

    [Fact]
    public void Measure_BadOptions_NameValueLimitAndOption()
    {
        AssertRefused(o => o.MaxTexts = 0, "MaxTexts is 0; it must be at least 1");
        AssertRefused(o => o.MaxTokens = 1, "MaxTokens is 1; it must be at least 2");
        AssertRefused(o => o.MinTokens = 1, "MinTokens is 1; it must be from 2 to MaxTokens (512)");
        AssertRefused(o => o.MinTokens = 513, "MinTokens is 513");
        AssertRefused(o => o.MinTokens = 17, "MinTokens is 17; it must be at most the model's context length (16 tokens)");
        AssertRefused(o => o.SpectrumTexts = -1, "SpectrumTexts is -1");
        AssertRefused(o => o.Device = " ", "Device");
        using PretrainedLanguageModel model = Reports.Model();
        Assert.Throws<ArgumentNullException>(() => CondensationReport.Measure(model, null!));
        Assert.Throws<ArgumentNullException>(() => CondensationReport.Measure((ModelSource)null!, ["1 2"]));
    }

    [Fact]
    public void Measure_Backbone_LoadsMeasuresAndFrees()
    {
        string[] texts = TinyBackbone.LabelledTexts(6).Texts;
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        CondensationReport report = CondensationReport.Measure(TinyBackbone.Backbone, texts, new() { Device = "cpu" });
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        CondensationReport direct = CondensationReport.Measure(model, texts);
        Assert.Equal(TinyBackbone.Backbone.Name, report.Model);
        Assert.Equal(direct.Layers.Select(layer => layer.Measures[GeometryMeasure.EffectiveRank]), report.Layers.Select(layer => layer.Measures[GeometryMeasure.EffectiveRank]));
    }

    [Fact]
    public void Measure_FourHundredTexts_HoldsAFlatNumberOfTensors()
    {
        using PretrainedLanguageModel model = Reports.Model();
        CondensationReport.Measure(model, ["1 2 3"]);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var live = new List<long>();
        var options = new CondensationReportOptions { MaxTexts = 400, SpectrumTexts = 40, Progress = new Reporter(_ => live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount)) };
        CondensationReport.Measure(model, Enumerable.Range(0, 400).Select(i => $"{i % 20} {(i + 7) % 20} {(i * 3) % 20}"), options);
        Assert.Equal(400, live.Count);
        Assert.Single(live.Distinct());
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static void AssertRefused(Action<CondensationReportOptions> edit, string message)
    {
        var options = new CondensationReportOptions();
        edit(options);
        Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => Reports.Measure(["1 2"], options)).Message, StringComparison.Ordinal);
    }

    private sealed class Reporter(Action<CondensationProgress> action) : IProgress<CondensationProgress>
    {
        public void Report(CondensationProgress value) => action(value);
    }
}

using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Geometry;

public class CondensationProbeTests
{
    [Fact]
    public void Measure_Texts_MeasuresEveryLayerOfEach()
    {
        using var scope = NewDisposeScope();
        using var backbone = new FakeBackbone();
        CondensationProfile profile = CondensationProbe.Measure(backbone, [[1, 2, 3, 4], [5, 6, 7, 8]]);
        Assert.Equal([[1, 2, 3, 4], [5, 6, 7, 8]], backbone.Inputs);
        Assert.Equal(4, profile.Layers.Count);
        for (int layer = 0; layer < 4; layer++)
        {
            double expected = (CosineGeometry.Means(backbone.State(backbone.Embed(1, 2, 3, 4), layer)).Full + CosineGeometry.Means(backbone.State(backbone.Embed(5, 6, 7, 8), layer)).Full) / 2;
            Assert.Equal(expected, profile.Layers[layer].MeanCosine, 1e-6);
        }

        Assert.Equal(1, profile.Trend.Spearman, 1e-12);
    }

    [Theory]
    [InlineData(512, 16)]
    [InlineData(5, 5)]
    public void Measure_LongTexts_AreCutToTheLimitAndTheContext(int maxTokens, int expected)
    {
        using var backbone = new FakeBackbone();
        CondensationProfile profile = CondensationProbe.Measure(backbone, [[.. Enumerable.Range(0, 40).Select(i => i % 20)]], maxTokens);
        Assert.Equal(expected, Assert.Single(backbone.Inputs).Length);
        Assert.Equal(expected, profile.Tokens);
    }

    [Fact]
    public void Measure_TrainingBackbone_RunsInEvaluationModeAndPutsEachModeBack()
    {
        using var backbone = new FakeBackbone();
        backbone.train();
        backbone.Dropout.eval();
        CondensationProbe.Measure(backbone, [[1, 2, 3]]);
        Assert.False(backbone.SawTraining);
        Assert.False(backbone.SawGradients);
        Assert.True(backbone.training);
        Assert.False(backbone.Dropout.training);
        backbone.eval();
        CondensationProbe.Measure(backbone, [[1, 2, 3]]);
        Assert.False(backbone.training);
    }

    [Fact]
    public void Measure_NonFiniteState_NamesLayerAndTextAndRestoresTheMode()
    {
        using var backbone = new FakeBackbone { BreakTextAt = 1 };
        backbone.train();
        string message = Assert.Throws<NonFiniteStateException>(() => CondensationProbe.Measure(backbone, [[1, 2, 3], [4, 5, 6]])).Message;
        Assert.Contains("Hidden state 2 of text 1 ", message, StringComparison.Ordinal);
        Assert.True(backbone.training);
    }

    [Fact]
    public void Measure_OneTokenTexts_AreCountedApartAndNeverRun()
    {
        using var backbone = new FakeBackbone();
        CondensationProfile profile = CondensationProbe.Measure(backbone, [[1], [2, 3], []]);
        Assert.Single(backbone.Inputs);
        Assert.Equal((1, 2), (profile.Texts, profile.ShortTexts));
        Assert.Throws<InvalidOperationException>(() => CondensationProbe.Measure(backbone, []));
        Assert.Throws<InvalidOperationException>(() => CondensationProbe.Measure(backbone, [[1]]));
    }

    [Fact]
    public void Measure_BadArguments_Throw()
    {
        using var backbone = new FakeBackbone();
        Assert.Contains("token id 20", Assert.Throws<ArgumentException>(() => CondensationProbe.Measure(backbone, [[1, 20]])).Message, StringComparison.Ordinal);
        Assert.Contains("Text 1", Assert.Throws<ArgumentException>(() => CondensationProbe.Measure(backbone, [[1, 2], null!])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => CondensationProbe.Measure(backbone, [[1, 2]], maxTokens: 1));
    }

    [Fact]
    public void Measure_ProgressAndCancellation_AreHeeded()
    {
        using var backbone = new FakeBackbone();
        using var cancel = new CancellationTokenSource();
        var reports = new List<int>();
        var progress = new Reporter(done =>
        {
            reports.Add(done);
            if (done == 2)
            {
                cancel.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() => CondensationProbe.Measure(backbone, [[1, 2], [3, 4], [5, 6]], progress: progress, cancellationToken: cancel.Token));
        Assert.Equal([1, 2], reports);
    }

    [Fact]
    public void Measure_ManyTexts_LeavesNoTensorsBehind()
    {
        using var backbone = new FakeBackbone();
        CondensationProbe.Measure(backbone, [[1, 2, 3]]);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        CondensationProbe.Measure(backbone, Enumerable.Range(0, 50).Select(i => new[] { 1, 2, i % 20 }));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private sealed class Reporter(Action<int> action) : IProgress<int>
    {
        public void Report(int value) => action(value);
    }
}

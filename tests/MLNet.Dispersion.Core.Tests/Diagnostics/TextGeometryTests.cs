using MLNet.Dispersion.Tests.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Diagnostics;

public class TextGeometryTests
{
    [Theory]
    [InlineData(9, 6)]
    [InlineData(5, 8)]
    public void Measure_RandomStates_MatchesLoopsOverDoubles(int tokens, int features)
    {
        using var scope = NewDisposeScope();
        Tensor[] states = States(tokens, features);
        TextGeometry actual = TextGeometry.Measure(states, GeometryMeasures.All);
        double[][][] rows = [.. states.Select(state => DispersionSamples.ToArrays(state.unsqueeze(0))[0])];
        foreach (GeometryMeasure measure in GeometryMeasures.All)
        {
            for (int i = 0; i < rows.Length; i++)
            {
                Assert.Equal(NaiveGeometry.Value(measure, rows[i], rows[0]), actual.ByLayer(measure)[i], 1e-9);
            }
        }
    }

    [Fact]
    public void Measure_OneToken_HasNoPairsAndNoCosine()
    {
        using var scope = NewDisposeScope();
        TextGeometry one = TextGeometry.Measure(States(1, 4), GeometryMeasures.All);
        Assert.False(one.HasPairs);
        Assert.Equal(1, one.TokenCount);
        Assert.All(one.ByLayer(GeometryMeasure.MeanCosine).Concat(one.ByLayer(GeometryMeasure.MeanCosineOffDiagonal)), value => Assert.Equal(double.NaN, value));
        Assert.True(double.IsNaN(one.Trend.Spearman) && double.IsNaN(one.Trend.KendallTauB));
        Assert.All(one.ByLayer(GeometryMeasure.EffectiveRank), value => Assert.Equal(1, value, 1e-12));
        Assert.All(one.ByLayer(GeometryMeasure.MeanNorm), value => Assert.InRange(value, 1e-3, 100));
    }

    [Fact]
    public void Measure_NoTokens_IsNaNEverywhere()
    {
        using var scope = NewDisposeScope();
        TextGeometry none = TextGeometry.Measure([zeros(0, 4), zeros(0, 4)], GeometryMeasures.All);
        Assert.Equal((0, 2, false), (none.TokenCount, none.LayerCount, none.HasPairs));
        Assert.All(GeometryMeasures.All.SelectMany(none.ByLayer), value => Assert.Equal(double.NaN, value));
    }

    [Fact]
    public void Measure_SomeMeasures_GivesThoseInOrderAndNoOthers()
    {
        using var scope = NewDisposeScope();
        Tensor[] states = States(5, 4);
        TextGeometry some = TextGeometry.Measure(states, [GeometryMeasure.MeanNorm, GeometryMeasure.MeanCosine, GeometryMeasure.MeanNorm]);
        Assert.Equal([GeometryMeasure.MeanCosine, GeometryMeasure.MeanNorm], some.Measures);
        Assert.Empty(some.Spectra);
        Assert.Contains("EffectiveRank was not measured", Assert.Throws<ArgumentException>(() => some.ByLayer(GeometryMeasure.EffectiveRank)).Message, StringComparison.Ordinal);
        Assert.Equal(TextGeometry.Measure(states, GeometryMeasures.All).ByLayer(GeometryMeasure.MeanCosine), some.ByLayer(GeometryMeasure.MeanCosine));
    }

    [Fact]
    public void Measure_PermutedTokens_ChangesNothing()
    {
        using var scope = NewDisposeScope();
        Tensor[] states = States(7, 5);
        Tensor order = tensor(new long[] { 3, 1, 6, 0, 2, 5, 4 });
        TextGeometry before = TextGeometry.Measure(states, GeometryMeasures.All), after = TextGeometry.Measure([.. states.Select(s => s.index_select(0, order))], GeometryMeasures.All);
        Assert.All(GeometryMeasures.All, measure => Assert.All(before.ByLayer(measure).Zip(after.ByLayer(measure)), pair => Assert.Equal(pair.First, pair.Second, 1e-10)));
    }

    [Theory]
    [InlineData(float.NaN, 4)]
    [InlineData(float.PositiveInfinity, 4)]
    [InlineData(float.NegativeInfinity, 1)]
    public void Measure_NonFiniteState_NamesTheLayer(float value, int tokens)
    {
        using var scope = NewDisposeScope();
        Tensor[] states = States(tokens, 4);
        states[2][0, 1] = value;
        string message = Assert.Throws<NonFiniteStateException>(() => TextGeometry.Measure(states, [GeometryMeasure.MeanCosine])).Message;
        Assert.Contains("Hidden state 2 of the text holds NaN", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Measure_BadInput_Throws()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => TextGeometry.Measure([], GeometryMeasures.All));
        Assert.Throws<ArgumentException>(() => TextGeometry.Measure(States(3, 4), []));
        Assert.Throws<ArgumentOutOfRangeException>(() => TextGeometry.Measure(States(3, 4), [(GeometryMeasure)99]));
        Assert.Contains("[4, 4]", Assert.Throws<ArgumentException>(() => TextGeometry.Measure([.. States(3, 4), zeros(4, 4)], GeometryMeasures.All)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TextGeometry.Measure([zeros(1, 2, 3)], GeometryMeasures.All));
    }

    [Fact]
    public void Measure_Done_LeavesNoTensors()
    {
        using var scope = NewDisposeScope();
        Tensor[] states = States(6, 4);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        TextGeometry.Measure(states, GeometryMeasures.All);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static Tensor[] States(int tokens, int features) =>
        [.. Enumerable.Range(0, 3).Select(layer => DispersionSamples.States(1, tokens, features, ScalarType.Float32, (ulong)layer + 1, shift: 0.4 * layer).squeeze(0))];
}

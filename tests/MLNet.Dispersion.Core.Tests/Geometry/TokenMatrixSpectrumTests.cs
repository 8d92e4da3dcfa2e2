using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Geometry;

public class TokenMatrixSpectrumTests
{
    [Fact]
    public void Measure_DiagonalMatrix_GivesValuesWorkedByHand()
    {
        using var scope = NewDisposeScope();
        SingularSpectrum raw = TokenMatrixSpectrum.Measure(diag(tensor(new[] { 4.0, 2, 2 }))).Raw;
        Assert.Equal([4, 2, 2], raw.SingularValues.Select(s => Math.Round(s, 12)));
        Assert.Equal(1.5, raw.EntropyBits, 1e-12);
        Assert.Equal(Math.Exp(1.5 * Math.Log(2)), raw.EffectiveRank, 1e-12);
        Assert.Equal(0.5, raw.TopSingularShare, 1e-12);
        Assert.Equal(16 / 24.0, raw.MaximumExplainableVariance, 1e-12);
        Assert.Equal(24.0 * 24 / (256 + 16 + 16), raw.ParticipationRatio, 1e-12);
        Assert.Equal(1.5, raw.StableRank, 1e-12);
    }

    [Fact]
    public void Measure_FrequencyParts_AreThoseOfTheMeanToken()
    {
        using var scope = NewDisposeScope();

        // Mean token (3, 0); what is left is +-1 in the second feature: spectral norm sqrt(2), mean part 3 sqrt(2).
        TokenMatrixSpectrum spectrum = TokenMatrixSpectrum.Measure(tensor(new[] { 3.0, 1, 3, -1 }, 2, 2));
        Assert.Equal(1 / 3.0, spectrum.HighToLowFrequencyRatio, 1e-12);
        Assert.Equal(Math.Sqrt(2), spectrum.HighFrequencyNorm, 1e-12);
        Assert.Equal(Math.Sqrt(10), spectrum.MeanNorm, 1e-12);
        Assert.Equal(3 / Math.Sqrt(10), spectrum.MeanDirectionNorm, 1e-12);
        TokenMatrixSpectrum wider = TokenMatrixSpectrum.Measure(tensor(new[] { 3.0, 2, 3, -2 }, 2, 2));
        Assert.Equal(Math.Log(2), wider.LogHighFrequencyGrowth(spectrum), 1e-12);
    }

    [Fact]
    public void Measure_MeanDirectionNorm_IsTheRootOfTheMeanCosine()
    {
        using var scope = NewDisposeScope();
        Tensor states = Losses.DispersionSamples.States(1, 9, 6).squeeze(0);
        double direction = TokenMatrixSpectrum.Measure(states).MeanDirectionNorm;
        Assert.Equal(CosineGeometry.Means(states).Full, direction * direction, 1e-12);
    }

    [Fact]
    public void Measure_RotatedTokens_HaveTheSameSpectrum()
    {
        using var scope = NewDisposeScope();
        Tensor states = Losses.DispersionSamples.States(1, 9, 6).squeeze(0);
        (Tensor rotation, _) = linalg.qr(Losses.DispersionSamples.States(1, 6, 6, seed: 9).squeeze(0));
        TokenMatrixSpectrum before = TokenMatrixSpectrum.Measure(states), after = TokenMatrixSpectrum.Measure(states.mm(rotation));
        Assert.Equal(before.Centred.EffectiveRank, after.Centred.EffectiveRank, 1e-10);
        Assert.Equal(before.HighToLowFrequencyRatio, after.HighToLowFrequencyRatio, 1e-10);
    }

    [Fact]
    public void Measure_ZeroAndSingleTokens_AreDefined()
    {
        using var scope = NewDisposeScope();
        TokenMatrixSpectrum zero = TokenMatrixSpectrum.Measure(zeros(3, 4));
        Assert.Equal(0, zero.Raw.EffectiveRank);
        Assert.Equal(0, zero.MeanDirectionNorm);
        TokenMatrixSpectrum one = TokenMatrixSpectrum.Measure(ones(1, 4));
        Assert.Equal(1, one.Raw.EffectiveRank, 1e-12);
        Assert.Equal(0, one.Centred.StableRank);
        Assert.Equal(0, one.HighToLowFrequencyRatio);
    }

    [Fact]
    public void Measure_BadInput_Throws()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => TokenMatrixSpectrum.Measure(zeros(1, 2, 3)));
        Assert.Throws<ArgumentException>(() => TokenMatrixSpectrum.Measure(zeros(0, 3)));
        Assert.Throws<ArgumentException>(() => TokenMatrixSpectrum.Measure(full([2, 3], float.NaN)));
    }

    [Theory]
    [InlineData(40, 24)]
    [InlineData(24, 40)]
    [InlineData(1, 8)]
    public void Measure_SingularValues_AreThoseOfTheDecomposition(int tokens, int features)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        Tensor states = randn([tokens, features], dtype: ScalarType.Float64, generator: generator) + 3;
        double[] expected = [.. linalg.svdvals(states).data<double>()];

        IReadOnlyList<double> actual = TokenMatrixSpectrum.Measure(states).Raw.SingularValues;

        Assert.Equal(expected.Length, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * expected[0]));
    }

    [Fact]
    public void Measure_RepeatedTokens_UseNoFurtherDirection()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        Tensor few = randn([3, 32], generator: generator);

        SingularSpectrum spectrum = TokenMatrixSpectrum.Measure(few.repeat([8, 1])).Raw;

        Assert.Equal(3, spectrum.SingularValues.Count(value => value > 0));
    }
}

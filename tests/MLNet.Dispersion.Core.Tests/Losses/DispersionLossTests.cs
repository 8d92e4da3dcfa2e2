using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

public class DispersionLossTests
{
    public static TheoryData<DispersionVariant> Variants => DispersionSamples.Variants;

    public static TheoryData<DispersionVariant, ScalarType, bool> VariantsTypesMasks
    {
        get
        {
            var data = new TheoryData<DispersionVariant, ScalarType, bool>();
            foreach (DispersionVariant variant in Enum.GetValues<DispersionVariant>())
            {
                data.Add(variant, ScalarType.Float32, false);
                data.Add(variant, ScalarType.Float32, true);
                data.Add(variant, ScalarType.Float64, false);
                data.Add(variant, ScalarType.Float64, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(VariantsTypesMasks))]
    public void Compute_RandomStates_EqualsNaiveLoops(DispersionVariant variant, ScalarType type, bool masked)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(4, 11, 7, type, seed: 3);
        Tensor? mask = masked ? DispersionSamples.Mask(11, 11, 2, 1, 6) : null;
        foreach (DispersionOptions options in Settings(variant))
        {
            using Tensor loss = DispersionLoss.Compute(states, mask, options);
            Assert.Equal(type, loss.dtype);
            double expected = NaiveDispersion.Batch(DispersionSamples.ToArrays(states, mask), options);
            double tolerance = (type == ScalarType.Float64 ? 1e-12 : 2e-6) * Math.Max(1, Math.Abs(expected));
            Assert.InRange(loss.to(float64).item<double>(), expected - tolerance, expected + tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Compute_GradientInFloat64_EqualsFiniteDifferences(DispersionVariant variant)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(3, 6, 5, seed: 5, shift: 0);
        Tensor mask = DispersionSamples.Mask(6, 6, 4, 1);
        // A band wide enough that no pair of these states is saturated: there the gradient is the slope of the value.
        var options = new DispersionOptions { Variant = variant, ClampThreshold = 1e-3, Margin = 0.6, TauCos = 0.7, TauL2 = 4 };
        (_, Tensor gradient) = DispersionSamples.Run(states, options, mask);
        double[] analytic = [.. gradient.data<double>()];
        const double Step = 1e-6;
        for (int i = 0; i < analytic.Length; i++)
        {
            double numeric = (Shifted(states, i, Step) - Shifted(states, i, -Step)) / (2 * Step);
            Assert.InRange(analytic[i], numeric - 1e-8, numeric + 1e-8);
        }

        double Shifted(Tensor from, int index, double by)
        {
            using Tensor moved = from.clone();
            moved.view(-1)[index] += by;
            return DispersionSamples.Value(moved, options, mask);
        }
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.25)]
    public void Compute_SaturatedPair_HasTheSlopeOfTheBandEdge(double threshold)
    {
        using var scope = NewDisposeScope();
        // Two tokens with a cosine of 0.98, well inside the flat zone of the clamp.
        double angle = Math.Acos(0.98);
        Tensor states = tensor(new[] { 1.0, 0.0, Math.Cos(angle), Math.Sin(angle) }, 1, 2, 2);
        var options = new DispersionOptions { ClampThreshold = threshold, Epsilon = 0, TauCos = 0.5 };
        (double loss, Tensor gradient) = DispersionSamples.Run(states, options);
        double edge = 1 - threshold;
        Assert.Equal(-Math.Acos(edge) / Math.PI / 0.5, loss, 1e-12);
        double slope = 1 / (0.5 * Math.PI * Math.Sqrt(1 - (edge * edge)));
        Assert.Equal(0, gradient[0, 0, 0].item<double>(), 1e-12);
        Assert.Equal(slope * Math.Sin(angle), gradient[0, 0, 1].item<double>(), 1e-12);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Compute_TokensOrSequencesReordered_IsUnchanged(DispersionVariant variant)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(3, 8, 6, seed: 7);
        var options = new DispersionOptions { Variant = variant };
        (double loss, Tensor gradient) = DispersionSamples.Run(states, options);
        Tensor tokens = tensor(new long[] { 4, 2, 7, 0, 1, 6, 5, 3 }), sequences = tensor(new long[] { 2, 0, 1 });
        (double reordered, Tensor reorderedGradient) = DispersionSamples.Run(states.index_select(1, tokens).index_select(0, sequences), options);
        Assert.Equal(loss, reordered, 1e-12);
        AssertClose(gradient.index_select(1, tokens).index_select(0, sequences), reorderedGradient, 1e-13);
    }

    [Theory]
    [InlineData(DispersionVariant.AngularSpread)]
    [InlineData(DispersionVariant.Orthogonalization)]
    [InlineData(DispersionVariant.Decorrelation)]
    public void Compute_AngularFormsWithoutEpsilon_DoNotSeeTheScale(DispersionVariant variant)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(2, 7, 6, seed: 9);
        var options = new DispersionOptions { Variant = variant, Epsilon = 0 };
        (double loss, Tensor gradient) = DispersionSamples.Run(states, options);
        (double scaled, Tensor scaledGradient) = DispersionSamples.Run(states * 1000, options);
        Assert.Equal(loss, scaled, 1e-11);
        AssertClose(gradient, scaledGradient * 1000, 1e-11);
    }

    [Fact]
    public void Compute_EuclideanForms_ScaleWithTheTemperature()
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(2, 7, 6, seed: 11);
        var options = new DispersionOptions { Variant = DispersionVariant.PerplexityEntropy, TauL2 = 2 };
        var wider = new DispersionOptions { Variant = DispersionVariant.PerplexityEntropy, TauL2 = 200 };
        Assert.Equal(DispersionSamples.Value(states, options), DispersionSamples.Value(states * 10, wider), 1e-11);
        Assert.Equal(DispersionSamples.Value(states, options), DispersionSamples.Value(states + 50, options), 1e-9);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Compute_Float32FarFromTheOrigin_StaysExact(DispersionVariant variant)
    {
        using var scope = NewDisposeScope();
        // Near neighbours with a large common offset: the squared-norm form of the distance cancels here unless it is accumulated with care.
        Tensor states = (DispersionSamples.States(1, 9, 5, seed: 13) + 3000).to(ScalarType.Float32);
        var options = new DispersionOptions { Variant = variant, ClampThreshold = 0.1 };
        double expected = NaiveDispersion.Batch(DispersionSamples.ToArrays(states), options);
        double tolerance = 2e-6 * Math.Max(1, Math.Abs(expected));
        Assert.InRange(DispersionSamples.Value(states, options), expected - tolerance, expected + tolerance);
    }

    [Fact]
    public void Compute_SpreadTokens_LowerEveryAngularFormThanCondensedOnes()
    {
        using var scope = NewDisposeScope();
        Tensor spread = DispersionSamples.States(1, 8, 32, shift: 0), condensed = spread + 3;
        foreach (DispersionVariant variant in new[] { DispersionVariant.AngularSpread, DispersionVariant.Orthogonalization })
        {
            var options = new DispersionOptions { Variant = variant };
            Assert.True(DispersionSamples.Value(spread, options) < DispersionSamples.Value(condensed, options) - 0.01, $"{variant}");
        }
    }

    private static IEnumerable<DispersionOptions> Settings(DispersionVariant variant)
    {
        yield return new DispersionOptions { Variant = variant };
        yield return new DispersionOptions { Variant = variant, TauCos = 0.05, TauL2 = 30, Margin = 0.3, Epsilon = 0, ClampThreshold = 0.25 };
        yield return new DispersionOptions { Variant = variant, TauCos = 3, TauL2 = 0.2, Margin = 0.9, Epsilon = 0.5, ClampThreshold = 0.01 };
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance) =>
        Assert.InRange((expected - actual).abs().max().to(float64).item<double>(), 0, tolerance);
}

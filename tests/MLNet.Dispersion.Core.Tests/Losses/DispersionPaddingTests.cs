using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

public class DispersionPaddingTests
{
    public static TheoryData<DispersionVariant> Variants => DispersionSamples.Variants;

    [Theory]
    [MemberData(nameof(Variants))]
    public void Compute_PaddedBatch_EqualsMeanOfUnpaddedSequences(DispersionVariant variant)
    {
        using var scope = NewDisposeScope();
        int[] counts = [9, 1, 4, 2, 0];
        Tensor states = DispersionSamples.States(counts.Length, 9, 6, seed: 21);
        var options = new DispersionOptions { Variant = variant };
        (double loss, Tensor gradient) = DispersionSamples.Run(states, options, DispersionSamples.Mask(9, counts));
        double sum = 0;
        Tensor expected = zeros_like(states);
        int usable = counts.Count(n => n >= 2);
        for (int row = 0; row < counts.Length; row++)
        {
            if (counts[row] >= 2)
            {
                (double alone, Tensor aloneGradient) = DispersionSamples.Run(states[row].narrow(0, 0, counts[row]).unsqueeze(0), options);
                sum += alone;
                expected[row].narrow(0, 0, counts[row]).copy_(aloneGradient[0] / usable);
            }
        }

        Assert.Equal(sum / usable, loss, 1e-12);
        Assert.InRange((expected - gradient).abs().max().item<double>(), 0, 1e-12);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Compute_GarbageInPads_ReachesNeitherValueNorGradient(DispersionVariant variant)
    {
        using var scope = NewDisposeScope();
        Tensor mask = DispersionSamples.Mask(8, 5, 8, 3, 1);
        Tensor clean = DispersionSamples.States(4, 8, 6, ScalarType.Float32, seed: 23);
        var options = new DispersionOptions { Variant = variant };
        (double loss, Tensor gradient) = DispersionSamples.Run(clean, options, mask);
        Tensor pads = mask.logical_not().unsqueeze(2);
        foreach (float garbage in new[] { 3e38f, float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            (double dirtyLoss, Tensor dirtyGradient) = DispersionSamples.Run(clean.masked_fill(pads, garbage), options, mask);
            Assert.Equal(loss, dirtyLoss);
            Assert.Equal(0f, (gradient - dirtyGradient).abs().max().item<float>());
            Assert.Equal(0f, dirtyGradient.masked_select(pads).abs().max().item<float>());
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Compute_PadsInTheMiddle_AreSkipped(DispersionVariant variant)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(1, 6, 5, seed: 25);
        Tensor mask = tensor(new[] { false, true, true, false, true, false }, 1, 6);
        var options = new DispersionOptions { Variant = variant };
        double expected = DispersionSamples.Value(states.index_select(1, tensor(new long[] { 1, 2, 4 })), options);
        Assert.Equal(expected, DispersionSamples.Value(states, options, mask), 1e-12);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Compute_AllTrueMask_EqualsNoMask(DispersionVariant variant)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(2, 6, 5, seed: 27);
        var options = new DispersionOptions { Variant = variant };
        Assert.Equal(DispersionSamples.Value(states, options), DispersionSamples.Value(states, options, DispersionSamples.Mask(6, 6, 6)), 1e-13);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Compute_NoSequenceWithAPair_IsADifferentiableZero(DispersionVariant variant)
    {
        using var scope = NewDisposeScope();
        var options = new DispersionOptions { Variant = variant };
        (Tensor States, Tensor? Mask)[] cases =
        [
            (full([3, 1, 4], 3e38f), null),
            (full([3, 5, 4], 3e38f), DispersionSamples.Mask(5, 1, 0, 1)),
            (zeros([2, 0, 4]), null),
            (zeros([0, 5, 4]), null),
            (zeros([2, 0, 4]), zeros([2, 0], ScalarType.Bool)),
        ];
        foreach ((Tensor states, Tensor? mask) in cases)
        {
            (double loss, Tensor gradient) = DispersionSamples.Run(states, options, mask);
            Assert.Equal(0, loss);
            Assert.Equal(states.shape, gradient.shape);
            Assert.Equal(0f, gradient.abs().sum().item<float>());
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Compute_DegenerateTokens_StayFinite(DispersionVariant variant)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(1, 6, 5, ScalarType.Float32, seed: 29);
        Tensor[] degenerate =
        [
            states.narrow(1, 0, 1).expand(1, 6, 5).clone(),
            zeros_like(states),
            full_like(states, 0.1f),
            full_like(states, 1e-30f),
            states * 1e-30f,
            states * 1e15f,
            cat([states, -states, states, zeros_like(states)], 1),
            states.narrow(1, 0, 2),
        ];
        foreach (Tensor z in degenerate)
        {
            foreach ((double epsilon, double clamp) in new[] { (0.01, 0.1), (0, 0.1), (0.01, 0), (0, 0) })
            {
                (double loss, Tensor gradient) = DispersionSamples.Run(z, new DispersionOptions { Variant = variant, Epsilon = epsilon, ClampThreshold = clamp });
                Assert.True(double.IsFinite(loss), $"epsilon {epsilon}, clamp {clamp}: {loss}");
                Assert.True(gradient.isfinite().all().item<bool>(), $"epsilon {epsilon}, clamp {clamp}: gradient");
            }
        }
    }

    [Fact]
    public void Compute_ConstantTokenInDecorrelation_CorrelatesWithNothing()
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(1, 4, 5, ScalarType.Float32, seed: 31);
        states.select(1, 2).fill_(0.1f);
        var options = new DispersionOptions { Variant = DispersionVariant.Decorrelation };
        (double loss, Tensor gradient) = DispersionSamples.Run(states, options);
        double others = NaiveDispersion.Sequence([.. DispersionSamples.ToArrays(states)[0].Where((_, i) => i != 2)], options);
        Assert.Equal(others * (3 * 2) / (4 * 3), loss, 1e-6);
        Assert.Equal(0f, gradient.select(1, 2).abs().max().item<float>());
    }
}

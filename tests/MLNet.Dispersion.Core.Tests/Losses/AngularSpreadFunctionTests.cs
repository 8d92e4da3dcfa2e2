using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

/// <summary>The closed form against plain automatic differentiation of the same formula.</summary>
public class AngularSpreadFunctionTests
{
    [Theory]
    [InlineData(ScalarType.Float32, 1.0, 0.01, 0.1, 0.3, false)]
    [InlineData(ScalarType.Float32, 1.0, 0.01, 0.1, 3.0, true)]
    [InlineData(ScalarType.Float32, 0.1, 0.01, 0.25, 1.0, true)]
    [InlineData(ScalarType.Float64, 1.0, 0.01, 0.1, 1.0, true)]
    [InlineData(ScalarType.Float64, 0.5, 0.0, 0.0, 3.0, true)]
    [InlineData(ScalarType.Float64, 0.001, 0.01, 0.02, 0.0, false)]
    [InlineData(ScalarType.Float64, 50.0, 0.5, 0.9, 0.5, true)]
    public void Compute_AnySetting_EqualsAutogradInValueAndGradient(ScalarType type, double tau, double epsilon, double clamp, double shift, bool masked)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(4, 21, 12, type, seed: 51, shift: shift);
        Tensor? mask = masked ? DispersionSamples.Mask(21, 21, 1, 13, 2) : null;
        var options = new DispersionOptions { TauCos = tau, Epsilon = epsilon, ClampThreshold = clamp };
        (double loss, Tensor gradient) = DispersionSamples.Run(states, options, mask);
        Tensor leaf = states.clone().requires_grad_();
        Tensor expected = Autograd(leaf, mask, options);
        expected.backward();
        double relative = type == ScalarType.Float64 ? 1e-12 : 2e-6;
        Assert.Equal(expected.to(float64).item<double>(), loss, relative * Math.Max(1, Math.Abs(loss)));
        double error = (gradient - leaf.grad!).norm().to(float64).item<double>(), norm = leaf.grad!.norm().to(float64).item<double>();
        Assert.True(error <= 5 * relative * norm, $"gradient off by {error:g3} of {norm:g3}");
        Assert.True(norm > 0);
    }

    /// <summary>Mixed precision: unit rows and pair weights are rounded to 8 bits. Stated bound: 1e-3 on the value, 1 % of the gradient's norm.</summary>
    [Theory]
    [InlineData(0.3, false)]
    [InlineData(3.0, true)]
    public void Compute_BFloat16Products_StaysWithinTheStatedBound(double shift, bool masked)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(4, 64, 96, ScalarType.Float32, seed: 52, shift: shift);
        Tensor? mask = masked ? DispersionSamples.Mask(64, 64, 1, 13, 2) : null;
        var options = new DispersionOptions();
        (double loss, Tensor gradient) = DispersionSamples.Run(states, options, mask);
        Tensor leaf = states.clone().requires_grad_();

        Tensor rough = DispersionLoss.Compute(leaf, mask, options, ScalarType.BFloat16);
        rough.backward();

        Assert.InRange(Math.Abs(rough.item<float>() - loss), 0, 1e-3);
        Assert.InRange((leaf.grad! - gradient).norm().item<float>(), 1e-9f, 1e-2f * gradient.norm().item<float>());
    }

    [Fact]
    public void Compute_ScaledAndSummed_PassesTheUpstreamGradientOn()
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(2, 6, 8, ScalarType.Float32);
        var options = new DispersionOptions();
        (_, Tensor gradient) = DispersionSamples.Run(states, options);
        Tensor leaf = states.clone().requires_grad_();
        Tensor total = (DispersionLoss.Compute(leaf * 2, null, options) * 0.25) + leaf.sum();
        total.backward();
        (_, Tensor ofDouble) = DispersionSamples.Run(states * 2, options);
        Assert.InRange((leaf.grad! - 1 - (ofDouble * 0.5)).abs().max().item<float>(), 0, 2e-7f);
        Assert.True(gradient.abs().max().item<float>() > 1e-4f);
    }

    [Fact]
    public void Backward_TwiceOverTheSameGraph_GivesTheSameGradientTwice()
    {
        using var scope = NewDisposeScope();
        Tensor leaf = DispersionSamples.States(2, 6, 8).requires_grad_();
        Tensor loss = DispersionLoss.Compute(leaf, null, new DispersionOptions());
        loss.backward(retain_graph: true);
        Tensor once = leaf.grad!.clone();
        loss.backward();
        Assert.InRange((leaf.grad! - (once * 2)).abs().max().item<double>(), 0, 1e-16);
    }

    [Fact]
    public void Compute_WithoutGradient_GivesTheSameValueAndNoGraph()
    {
        using var scope = NewDisposeScope();
        Tensor leaf = DispersionSamples.States(2, 6, 8).requires_grad_();
        Tensor tracked = DispersionLoss.Compute(leaf, null, new DispersionOptions());
        using var none = no_grad();
        Tensor untracked = DispersionLoss.Compute(leaf, null, new DispersionOptions());
        Assert.True(tracked.requires_grad);
        Assert.False(untracked.requires_grad);
        Assert.Equal(tracked.item<double>(), untracked.item<double>());
    }

    [Theory]
    [InlineData(DispersionVariant.AngularSpread)]
    [InlineData(DispersionVariant.L2Repel)]
    [InlineData(DispersionVariant.Decorrelation)]
    [InlineData(DispersionVariant.Orthogonalization)]
    [InlineData(DispersionVariant.PerplexityEntropy)]
    public void Compute_TwoHundredSteps_LeaveNoLiveTensors(DispersionVariant variant)
    {
        using var outer = NewDisposeScope();
        Tensor leaf = DispersionSamples.States(3, 10, 8, ScalarType.Float32).requires_grad_();
        Tensor mask = DispersionSamples.Mask(10, 10, 1, 7);
        using var generator = new Generator(1);
        var options = new DispersionOptions { Variant = variant, MaxTokens = 8 };
        Step();
        long live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 200; i++)
        {
            Step();
        }

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Step()
        {
            using var scope = NewDisposeScope();
            DispersionRegularizer.Compute([null, leaf, leaf], mask, options, generator).backward();
            leaf.grad!.Dispose();
            leaf.grad = null;
        }
    }

    [Fact]
    public void Compute_OutsideAnyScope_LeavesOnlyItsResult()
    {
        using Tensor states = DispersionSamples.States(2, 6, 8);
        long live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Tensor loss = DispersionLoss.Compute(states, null, new DispersionOptions());
        Assert.Equal(live + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        loss.Dispose();
    }

    private static Tensor Autograd(Tensor states, Tensor? mask, DispersionOptions options)
    {
        RealTokens tokens = RealTokens.Create(states, mask, states.dtype)!;
        Tensor cosines = PairwiseGeometry.InnerProducts(PairwiseGeometry.Normalize(tokens.States, options.Epsilon));
        Tensor logits = PairwiseGeometry.AngularDistance(cosines, options.ClampThreshold) / -options.TauCos;
        Tensor spread = logits.masked_fill(tokens.NoPair, double.NegativeInfinity).flatten(1).logsumexp(1);
        return (spread + options.Epsilon - tokens.PairCounts.log()).mean();
    }
}

using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

/// <summary>The loss in chunks against torch's own over all logits at once.</summary>
public class HeadCrossEntropyTests
{
    [Theory]
    [InlineData(ScalarType.Float32, 100, 2e-6)]
    [InlineData(ScalarType.Float32, 4, 2e-6)]
    [InlineData(ScalarType.Float64, 4, 1e-13)]
    [InlineData(ScalarType.BFloat16, 100, 1e-2)]
    [InlineData(ScalarType.BFloat16, 4, 1e-2)]
    public void Sum_AnyChunk_EqualsCrossEntropyInValueAndGradients(ScalarType computeType, long chunk, double relative)
    {
        using var scope = NewDisposeScope();
        ScalarType type = computeType == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var (hidden, weight, targets) = Sample(type);
        var (expectedHidden, expectedWeight) = (hidden.clone().detach().requires_grad_(), weight.clone().detach().requires_grad_());
        Tensor expected = nn.functional.cross_entropy(nn.functional.linear(expectedHidden, expectedWeight), targets, ignore_index: -100, reduction: nn.Reduction.Sum);
        (expected * 0.25).backward();

        Tensor actual = HeadCrossEntropy.Sum(hidden, weight, targets, computeType, chunk);
        (actual * 0.25).backward();

        AssertNear(expected, actual, relative);
        AssertNear(expectedHidden.grad!, hidden.grad!, 3 * relative);
        AssertNear(expectedWeight.grad!, weight.grad!, 3 * relative);
        Assert.Equal(type, weight.grad!.dtype);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 100, 2e-6)]
    [InlineData(ScalarType.BFloat16, 100, 1e-2)]
    [InlineData(ScalarType.BFloat16, 4, 1e-2)]
    public void Sum_GradientThatIsThereAlready_IsAddedTo(ScalarType computeType, long chunk, double relative)
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Sample(ScalarType.Float32);
        HeadCrossEntropy.Sum(hidden, weight, targets, computeType, chunk).backward();
        Tensor once = weight.grad!.clone();

        (HeadCrossEntropy.Sum(hidden, weight, targets, computeType, chunk) * -3).backward();

        AssertNear(once * -2, weight.grad!, relative);
    }

    [Fact]
    public void Sum_OneSideFrozen_LeavesTheOthersGradientAsItWas()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Sample(ScalarType.Float32);
        HeadCrossEntropy.Sum(hidden, weight, targets, ScalarType.Float32, 4).backward();
        var (alone, frozen) = (hidden.clone().detach().requires_grad_(), weight.clone().detach());
        HeadCrossEntropy.Sum(alone, frozen, targets, ScalarType.Float32, 4).backward();
        var (still, learning) = (hidden.clone().detach(), weight.clone().detach().requires_grad_());
        HeadCrossEntropy.Sum(still, learning, targets, ScalarType.Float32, 4).backward();

        Assert.True(alone.grad!.eq(hidden.grad!).all().item<bool>());
        Assert.Null(frozen.grad);
        Assert.True(learning.grad!.eq(weight.grad!).all().item<bool>());
        Assert.Null(still.grad);
    }

    [Fact]
    public void Sum_IgnoredPositions_HaveNoGradient()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Sample(ScalarType.Float32);

        HeadCrossEntropy.Sum(hidden, weight, targets, ScalarType.Float32, 3).backward();

        Assert.Equal(0, hidden.grad![2].abs().sum().item<float>());
        Assert.True(hidden.grad![1].abs().sum().item<float>() > 0);
    }

    [Fact]
    public void Sum_WithoutGradients_GivesTheSameValue()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Sample(ScalarType.Float32);
        float expected = HeadCrossEntropy.Sum(hidden, weight, targets, ScalarType.Float32, 5).item<float>();
        using var noGradient = no_grad();

        Assert.Equal(expected, HeadCrossEntropy.Sum(hidden, weight, targets, ScalarType.Float32, 5).item<float>());
    }

    [Fact]
    public void Sum_EnormousLogits_StaysFinite()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = Sample(ScalarType.Float32);

        Assert.True(float.IsFinite(HeadCrossEntropy.Sum(hidden * 1e4, weight, targets, ScalarType.Float32, 5).item<float>()));
    }

    private static (Tensor Hidden, Tensor Weight, Tensor Targets) Sample(ScalarType type)
    {
        using var generator = new Generator(5, CPU);
        Tensor hidden = randn([11, 24], generator: generator).to(type).requires_grad_();
        Tensor weight = randn([37, 24], generator: generator).mul(0.3).to(type).requires_grad_();
        return (hidden, weight, tensor(new long[] { 0, 36, -100, 4, 4, 17, -100, 9, 30, 1, 2 }));
    }

    private static void AssertNear(Tensor expected, Tensor actual, double relative) =>
        Assert.InRange((actual - expected).norm().to(ScalarType.Float64).item<double>(), 0, relative * expected.norm().to(ScalarType.Float64).item<double>());
}

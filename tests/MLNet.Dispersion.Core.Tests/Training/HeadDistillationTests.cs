using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

/// <summary>The mixture in chunks against torch's automatic differentiation over all logits at once.</summary>
public class HeadDistillationTests
{
    [Theory]
    [InlineData(1.0, 0.3, ScalarType.Float32, 100, 4e-6)]
    [InlineData(2.0, 0.5, ScalarType.Float32, 4, 4e-6)]
    [InlineData(5.0, 1.0, ScalarType.Float32, 3, 8e-6)]
    [InlineData(0.5, 0.9, ScalarType.Float32, 1, 4e-6)]
    [InlineData(2.0, 0.5, ScalarType.Float64, 4, 1e-6)]
    [InlineData(2.0, 0.5, ScalarType.BFloat16, 4, 1.5e-2)]
    [InlineData(1.0, 1.0, ScalarType.BFloat16, 100, 1.5e-2)]
    public void Sum_AnyChunk_EqualsTheNaiveMixtureInValueAndGradients(double temperature, double share, ScalarType computeType, long chunk, double relative)
    {
        using var scope = NewDisposeScope();
        ScalarType type = computeType == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var (hidden, weight, taught, head, targets) = Sample(type);
        var (expectedHidden, expectedWeight) = (Copy(hidden), Copy(weight));
        var (expected, crossEntropy, divergence) = Naive(expectedHidden, expectedWeight, taught.mm(head.t()), targets, temperature, share);
        (expected * 0.25).backward();
        var sums = new DistillationSums();

        Tensor actual = HeadDistillation.Sum(hidden, weight, taught, states => states.mm(head.t()), targets, new DistillationMixture(temperature, share), computeType, sums, chunk);
        (actual * 0.25).backward();

        AssertNear(expected, actual, relative);
        AssertNear(crossEntropy, tensor(sums.CrossEntropy), relative);
        AssertNear(divergence, tensor(sums.Divergence!.Value), 2 * relative);
        AssertNear(expectedHidden.grad!, hidden.grad!, 3 * relative);
        AssertNear(expectedWeight.grad!, weight.grad!, 3 * relative);
        Assert.Equal(0, hidden.grad![2].abs().sum().to(ScalarType.Float64).item<double>());
    }

    [Fact]
    public void Sum_TeacherEqualsStudent_HasNoDivergenceAndNoGradientFromIt()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, _, _, targets) = Sample(ScalarType.Float32);
        var (taught, head) = (hidden.detach().clone(), weight.detach().clone());
        var sums = new DistillationSums();

        HeadDistillation.Sum(hidden, weight, taught, states => states.mm(head.t()), targets, new DistillationMixture(2, 1), ScalarType.Float32, sums, 5).backward();

        Assert.InRange(sums.Divergence!.Value, -1e-4, 1e-4);
        Assert.InRange(hidden.grad!.abs().max().item<float>(), 0, 1e-5);
        Assert.True(sums.CrossEntropy > 1);
    }

    [Fact]
    public void Sum_EnormousLogits_StaysFinite()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, taught, head, targets) = Sample(ScalarType.Float32);
        var sums = new DistillationSums();

        Tensor sum = HeadDistillation.Sum(hidden * 1e4, weight, taught, states => states.mm(head.t()) * 1e4, targets, new DistillationMixture(1, 0.5), ScalarType.Float32, sums, 5);
        sum.backward();

        Assert.True(float.IsFinite(sum.item<float>()) && sums.Divergence >= 0);
        Assert.True(hidden.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void Sum_WithoutGradients_GivesTheSameValue()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, taught, head, targets) = Sample(ScalarType.Float32);
        var mixture = new DistillationMixture(2, 0.5);
        float expected = HeadDistillation.Sum(hidden, weight, taught, states => states.mm(head.t()), targets, mixture, ScalarType.Float32, new DistillationSums(), 4).item<float>();
        using var noGradient = no_grad();

        Assert.Equal(expected, HeadDistillation.Sum(hidden, weight, taught, states => states.mm(head.t()), targets, mixture, ScalarType.Float32, new DistillationSums(), 4).item<float>());
    }

    [Theory]
    [InlineData(4, 4, new[] { 1, 2, 3, 4 })]
    [InlineData(3, 6, new[] { 2, 4, 6 })]
    [InlineData(2, 5, new[] { 3, 5 })]
    [InlineData(4, 2, new[] { 1, 1, 2, 2 })]
    [InlineData(5, 1, new[] { 1, 1, 1, 1, 1 })]
    public void TeacherLayer_HasTheSameRelativeDepth(int layers, int teacherLayers, int[] expected) =>
        Assert.Equal(expected, Enumerable.Range(1, layers).Select(layer => HiddenStateDistance.TeacherLayer(layer, layers, teacherLayers)));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HiddenStateDistance_EqualsLoopsOverPositions(bool project)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(8, CPU);
        Tensor[] own = [.. Enumerable.Range(0, 3).Select(_ => randn([2, 5, 4], generator: generator))];
        Tensor[] taught = [.. Enumerable.Range(0, 5).Select(_ => randn([2, 5, project ? 7 : 4], generator: generator))];
        Tensor? projection = project ? randn([7, 4], generator: generator) : null;
        bool[,] counted = { { true, true, true, true, false }, { true, true, false, false, false } };

        double actual = HiddenStateDistance.Sum(own, taught, projection, tensor(counted)).item<float>();

        double expected = 0;
        foreach (var (layer, teacherLayer) in new[] { (1, 2), (2, 4) })
        {
            for (int row = 0; row < 2; row++)
            {
                for (int position = 0; position < 5; position++)
                {
                    Tensor state = own[layer][row][position];
                    Tensor mapped = projection is null ? state : projection.mv(state);
                    expected += counted[row, position] ? (1 - Cosine(mapped, taught[teacherLayer][row][position])) / 2 : 0;
                }
            }
        }

        Assert.Equal(expected, actual, 1e-5);
    }

    private static double Cosine(Tensor a, Tensor b)
    {
        float[] x = a.data<float>().ToArray();
        float[] y = b.data<float>().ToArray();
        double dot = x.Zip(y, (p, q) => (double)p * q).Sum();
        return dot / Math.Sqrt(x.Sum(p => (double)p * p) * y.Sum(q => (double)q * q));
    }

    private static (Tensor Total, Tensor CrossEntropy, Tensor Divergence) Naive(Tensor hidden, Tensor weight, Tensor teacherLogits, Tensor targets, double temperature, double share)
    {
        Tensor logits = hidden.mm(weight.t());
        Tensor crossEntropy = nn.functional.cross_entropy(logits, targets, ignore_index: -100, reduction: nn.Reduction.Sum);
        Tensor teacher = (teacherLogits.to(hidden.dtype) / temperature).softmax(1);
        Tensor perRow = (teacher * (teacher.log() - (logits / temperature).softmax(1).log())).sum(1);
        Tensor divergence = (perRow * targets.ne(-100)).sum() * temperature * temperature;
        return ((crossEntropy * (1 - share)) + (divergence * share), crossEntropy, divergence);
    }

    private static (Tensor Hidden, Tensor Weight, Tensor Taught, Tensor Head, Tensor Targets) Sample(ScalarType type)
    {
        using var generator = new Generator(5, CPU);
        Tensor hidden = randn([11, 24], generator: generator).to(type).requires_grad_();
        Tensor weight = randn([37, 24], generator: generator).mul(0.3).to(type).requires_grad_();
        Tensor taught = randn([11, 16], generator: generator);
        Tensor head = randn([37, 16], generator: generator).mul(0.5);
        return (hidden, weight, taught, head, tensor(new long[] { 0, 36, -100, 4, 4, 17, -100, 9, 30, 1, 2 }));
    }

    private static Tensor Copy(Tensor values) => values.clone().detach().requires_grad_();

    private static void AssertNear(Tensor expected, Tensor actual, double relative) => Assert.InRange(
        (actual.to(ScalarType.Float64) - expected.to(ScalarType.Float64)).norm().item<double>(), 0, relative * expected.to(ScalarType.Float64).norm().item<double>());
}

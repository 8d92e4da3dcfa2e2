using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>Our attention against the formula in float64.</summary>
public class ExplicitAttentionTests
{
    [Theory]
    [InlineData(ScalarType.Float32, 21, false, 2e-6)]
    [InlineData(ScalarType.Float32, 21, true, 2e-6)]
    [InlineData(ScalarType.Float32, 300, true, 2e-6)]
    [InlineData(ScalarType.BFloat16, 33, false, 2e-2)]
    [InlineData(ScalarType.BFloat16, 300, true, 2e-2)]
    public void Apply_AnyLength_EqualsTheFormulaInValueAndGradients(ScalarType type, int length, bool padded, double relative)
    {
        using var scope = NewDisposeScope();
        Tensor[] inputs = [Sample(type, length, 1), Sample(type, length, 2), Sample(type, length, 3)];
        Tensor[] wide = [.. inputs.Select(input => input.detach().to(ScalarType.Float64).requires_grad_())];
        Tensor? attentionMask = padded ? tensor(Enumerable.Range(0, 2 * length).Select(i => i % length < (i < length ? length : length / 3)).ToArray(), 2, length) : null;
        var mask = new CausalMask(attentionMask);
        Tensor real = (attentionMask ?? ones(2, length, ScalarType.Bool)).view(2, 1, length, 1);
        Tensor upstream = Sample(ScalarType.Float64, length, 4).detach() * real;

        Tensor expected = Formula(wide, mask);
        (expected * upstream).sum().backward();
        Tensor actual = ExplicitAttention.Apply(inputs[0], inputs[1], inputs[2], mask, 0.3);
        (actual.to(ScalarType.Float64) * upstream).sum().backward();

        AssertNear(expected * real, actual.to(ScalarType.Float64) * real, relative);
        for (int i = 0; i < 3; i++)
        {
            AssertNear(wide[i].grad!, inputs[i].grad!.to(ScalarType.Float64), 2 * relative);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, 40, 2e-6)]
    [InlineData(ScalarType.Float32, 300, 2e-6)]
    [InlineData(ScalarType.BFloat16, 40, 2e-2)]
    public void Apply_Dropout_EqualsTheFormulaUnderTheSameMaskInValueAndGradients(ScalarType type, int length, double relative)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        DropoutMask drop = DropoutMask.Draw(generator, 0.3);
        Tensor[] inputs = [Sample(type, length, 1), Sample(type, length, 2), Sample(type, length, 3)];
        Tensor[] wide = [.. inputs.Select(input => input.detach().to(ScalarType.Float64).requires_grad_())];
        var mask = new CausalMask(null);
        Tensor upstream = Sample(ScalarType.Float64, length, 4).detach();

        // What the mask does is read off a tensor of ones.
        Tensor factors = drop.Of(ones([6, length, length])).to(ScalarType.Float64).view(2, 3, length, length);
        Tensor expected = Formula(wide, mask, factors);
        (expected * upstream).sum().backward();
        Tensor actual = ExplicitAttention.Apply(inputs[0], inputs[1], inputs[2], mask, 0.3, drop);
        (actual.to(ScalarType.Float64) * upstream).sum().backward();

        AssertNear(expected, actual.to(ScalarType.Float64), relative);
        for (int i = 0; i < 3; i++)
        {
            AssertNear(wide[i].grad!, inputs[i].grad!.to(ScalarType.Float64), 2 * relative);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, false, 1e-6)]
    [InlineData(ScalarType.BFloat16, false, 6e-3)]
    [InlineData(ScalarType.Float64, false, 1e-14)]
    [InlineData(ScalarType.Float16, false, 8e-4)]
    [InlineData(ScalarType.Float32, true, 1e-6)]
    [InlineData(ScalarType.BFloat16, true, 6e-3)]
    public void TanhGelu_AnySizeTypeAndLayout_EqualsTheFormulaInValueAndGradient(ScalarType type, bool isTransposed, double relative)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(8, CPU);
        Tensor values = randn([7, 101], generator: generator).mul(3).to(type);
        Tensor input = (isTransposed ? values.t() : values).requires_grad_();
        Tensor upstream = randn(input.shape, generator: generator).to(type);
        Tensor wide = input.detach().to(ScalarType.Float64).requires_grad_();
        Tensor expected = wide * 0.5 * (1 + (Math.Sqrt(2 / Math.PI) * (wide + (0.044715 * wide.pow(3)))).tanh());
        (expected * upstream.to(ScalarType.Float64)).sum().backward();

        Tensor actual = TanhGelu.Of(input);
        (actual * upstream).sum().backward();

        Assert.Equal(type, actual.dtype);
        AssertNear(expected, actual.to(ScalarType.Float64), relative);
        AssertNear(wide.grad!, input.grad!.to(ScalarType.Float64), relative);
    }

    [Fact]
    public void EmbeddingLookup_RepeatedIds_AddsTheirGradientsToWhatIsThere()
    {
        using var scope = NewDisposeScope();
        Tensor table = arange(12, ScalarType.Float32).view(4, 3).clone().requires_grad_();
        Tensor ids = tensor(new long[] { 1, 3, 1 });

        Tensor rows = EmbeddingLookup.Rows(table, ids);
        ((rows * 2).sum() + (table * 10).sum()).backward();
        EmbeddingLookup.Rows(table, ids).sum().backward();

        Assert.True(rows.eq(table.index_select(0, ids)).all().item<bool>());
        Assert.Equal([10f, 16f, 10f, 13f], table.grad!.select(1, 0).data<float>().ToArray());
    }

    private static Tensor Sample(ScalarType type, int length, long seed)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return randn([2, 3, length, 8], generator: generator).to(type).requires_grad_();
    }

    private static Tensor Formula(Tensor[] inputs, CausalMask mask, Tensor? factors = null)
    {
        Tensor allowed = mask.Allowed ?? CausalMask.Triangle(inputs[0].shape[2], CPU);
        Tensor scores = (inputs[0].matmul(inputs[1].transpose(2, 3)) * 0.3).masked_fill(allowed.logical_not(), double.NegativeInfinity);
        Tensor probabilities = scores.softmax(-1);
        return (factors is null ? probabilities : probabilities * factors).matmul(inputs[2]);
    }

    private static void AssertNear(Tensor expected, Tensor actual, double relative) =>
        Assert.InRange((actual - expected).norm().item<double>(), 0, relative * expected.norm().item<double>());
}

using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Torch;

/// <summary>Sixteen at a time against one at a time.</summary>
public class LanesTests
{
    [Fact]
    public void Exp_WholeRange_IsWithinTwoUnitsInTheLastPlace()
    {
        for (float x = -87.2f; x < 88.3f; x += 0.0137f)
        {
            float actual = Lanes.Exp(Vector512.Create(x))[3];
            double expected = Math.Exp(x);
            Assert.InRange(Math.Abs(actual - expected) / expected, 0, 2.5e-7);
        }
    }

    [Theory]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(-200f, 0f)]
    [InlineData(0f, 1f)]
    public void Exp_Extremes_AreExact(float x, float expected) => Assert.Equal(expected, Lanes.Exp(Vector512.Create(x))[0]);

    [Fact]
    public void Exp_NotANumber_StaysOne() => Assert.True(float.IsNaN(Lanes.Exp(Vector512.Create(float.NaN))[0]));

    [Theory]
    [InlineData(16)]
    [InlineData(5)]
    public void Store_BFloat16_RoundsAsTorchDoes(int length)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        Tensor values = randn([length], generator: generator).mul(1e3);
        Tensor expected = values.to(ScalarType.BFloat16);
        var bits = new ushort[length];

        Lanes.Store(Lanes.Load(TensorMemory.Floats(values), 0), bits.AsSpan(), 0);

        Assert.Equal(TensorMemory.BFloats(expected).ToArray(), bits);
    }

    [Fact]
    public void Load_PartOfARow_FillsWithZeros()
    {
        Vector512<float> lanes = Lanes.Load([1f, 2f, 3f], 1);

        Assert.Equal([2f, 3f, 0f], [lanes[0], lanes[1], lanes[2]]);
        Assert.Equal(0, lanes[15]);
    }

    [Fact]
    public void Within_BeyondTheEnd_TakesTheOtherNumber()
    {
        Vector512<float> lanes = Lanes.Within(Vector512.Create(7f), 2, -1);

        Assert.Equal([7f, 7f, -1f], [lanes[0], lanes[1], lanes[2]]);
    }
}

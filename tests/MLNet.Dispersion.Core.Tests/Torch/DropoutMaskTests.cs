using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Torch;

/// <summary>Masks that are made again instead of kept.</summary>
public class DropoutMaskTests
{
    private const int Count = 1 << 20;

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Of_Ones_DropsTheShareAndScalesTheRest(double probability)
    {
        using var scope = NewDisposeScope();
        float[] factors = Factors(7, probability);

        int dropped = factors.Count(factor => factor == 0);

        // Five standard deviations of a binomial share.
        Assert.InRange((double)dropped / Count, probability - Deviations(probability, 5), probability + Deviations(probability, 5));
        Assert.All(factors.Take(1000), factor => Assert.True(factor == 0 || factor == (float)(1 / (1 - probability))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(256)]
    [InlineData(65536)]
    public void Of_EntriesSomeWayApart_AreDroppedIndependently(int apart)
    {
        using var scope = NewDisposeScope();
        float[] factors = Factors(11, 0.25);

        int both = Enumerable.Range(0, Count - apart).Count(i => factors[i] == 0 && factors[i + apart] == 0);

        Assert.InRange((double)both / (Count - apart), 0.0625 - Deviations(0.0625, 5), 0.0625 + Deviations(0.0625, 5));
    }

    [Fact]
    public void Draw_TwoMasksOfOneGenerator_AreIndependent()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        float[] first = DropoutMask.Draw(generator, 0.5).Of(ones(Count)).data<float>().ToArray();
        float[] second = DropoutMask.Draw(generator, 0.5).Of(ones(Count)).data<float>().ToArray();

        int both = first.Zip(second).Count(pair => pair.First == 0 && pair.Second == 0);

        Assert.InRange((double)both / Count, 0.25 - Deviations(0.25, 5), 0.25 + Deviations(0.25, 5));
    }

    [Fact]
    public void Draw_TheSameSeed_IsTheSameMaskForEitherType()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        using var again = new Generator(3, CPU);

        Tensor wide = DropoutMask.Draw(generator, 0.5).Of(ones(1003));
        Tensor narrow = DropoutMask.Draw(again, 0.5).InPlace(ones(1003, ScalarType.BFloat16));

        Assert.True(wide.eq(narrow.to(ScalarType.Float32)).all().item<bool>());
    }

    [Fact]
    public void Of_NaNAtADroppedEntry_IsZero()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);

        Tensor result = DropoutMask.Draw(generator, 0.5).Of(full(1000, float.NaN));

        Assert.InRange(result.eq(0).sum().item<long>(), 400, 600);
    }

    [Fact]
    public void MaskedDropout_Gradient_IsTheMaskTimesTheUpstreamGradient()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(9, CPU);
        DropoutMask mask = DropoutMask.Draw(generator, 0.4);
        Tensor values = randn([5, 77], generator: generator).requires_grad_();
        Tensor upstream = randn([77, 5], generator: generator).t();

        Tensor result = MaskedDropout.Apply(values, mask);
        result.backward([upstream]);

        Tensor factors = mask.Of(ones(5, 77));
        Assert.True(result.eq(values * factors).all().item<bool>());
        Assert.True(values.grad!.eq(upstream * factors).all().item<bool>());
    }

    private static float[] Factors(ulong seed, double probability)
    {
        using var generator = new Generator(seed, CPU);
        return DropoutMask.Draw(generator, probability).Of(ones(Count)).data<float>().ToArray();
    }

    private static double Deviations(double share, double many) => many * Math.Sqrt(share * (1 - share) / Count);
}

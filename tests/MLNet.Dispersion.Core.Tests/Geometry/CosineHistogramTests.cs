using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Geometry;

public class CosineHistogramTests
{
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Of_ManyEntries_CountsAsTorchDoes(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        Tensor cosines = (rand([101, 77], dtype: type, generator: generator) * 2) - 1;
        cosines[0, 0].fill_(1);
        cosines[0, 1].fill_(-1);

        Assert.Equal(cosines.histc(CosineHistogram.BinCount, -1, 1).to(ScalarType.Int64).data<long>(), CosineHistogram.Of(cosines).Counts);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(-0.984375, 1)]
    [InlineData(-1e-9, 63)]
    [InlineData(0, 64)]
    [InlineData(0.984375, 127)]
    [InlineData(1, 127)]
    public void Of_Edges_BelongToTheBinAbove(double cosine, int bin)
    {
        using Tensor one = tensor([cosine]);

        Assert.Equal(bin, CosineHistogram.Of(one).Counts.Index().Single(entry => entry.Item == 1).Index);
    }

    [Fact]
    public void Of_ATransposedView_CountsTheSame()
    {
        using var scope = NewDisposeScope();
        Tensor cosines = linspace(-1, 1, 12).view(3, 4);

        Assert.Equal(CosineHistogram.Of(cosines).Counts, CosineHistogram.Of(cosines.t()).Counts);
    }
}

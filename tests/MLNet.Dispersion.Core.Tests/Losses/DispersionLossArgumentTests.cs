using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

public class DispersionLossArgumentTests
{
    private static readonly DispersionOptions Options = new();

    [Fact]
    public void Compute_TwoDimensions_NamesTheShape()
    {
        using Tensor states = zeros(4, 8);
        Assert.Contains("[4, 8]", Assert.Throws<ArgumentException>(() => DispersionLoss.Compute(states, null, Options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compute_OneFeature_Throws()
    {
        using Tensor states = zeros(1, 4, 1);
        Assert.Contains("at least 2 features", Assert.Throws<ArgumentException>(() => DispersionLoss.Compute(states, null, Options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compute_BFloat16_NamesTheCure()
    {
        using Tensor states = zeros([1, 4, 8], ScalarType.BFloat16);
        Assert.Contains("Float32", Assert.Throws<ArgumentException>(() => DispersionLoss.Compute(states, null, Options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compute_MaskOfWrongShapeOrType_Throws()
    {
        using Tensor states = zeros(2, 4, 8), wrongShape = ones([2, 3], ScalarType.Bool), wrongType = ones([2, 4], ScalarType.Int64);
        Assert.Contains("[2, 3]", Assert.Throws<ArgumentException>(() => DispersionLoss.Compute(states, wrongShape, Options)).Message, StringComparison.Ordinal);
        Assert.Contains("Int64", Assert.Throws<ArgumentException>(() => DispersionLoss.Compute(states, wrongType, Options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compute_OptionOutOfRange_NamesIt()
    {
        using Tensor states = zeros(2, 4, 8);
        var options = new DispersionOptions { TauCos = 0 };
        Assert.Contains("TauCos", Assert.Throws<ArgumentOutOfRangeException>(() => DispersionLoss.Compute(states, null, options)).Message, StringComparison.Ordinal);
    }
}

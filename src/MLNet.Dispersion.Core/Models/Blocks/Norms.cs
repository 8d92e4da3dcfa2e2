using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Layer normalisation in float32.</summary>
internal sealed class NormLayer : nn.Module, ILayer
{
    private readonly double _epsilon;
    private readonly Parameter weight;
    private readonly Parameter bias;

    internal NormLayer(long features, double epsilon)
        : base(nameof(NormLayer))
    {
        _epsilon = epsilon;
        weight = new Parameter(empty(features));
        bias = new Parameter(empty(features));
        RegisterComponents();
    }

    /// <summary>Normalises the last dimension.</summary>
    public Tensor Forward(Tensor input) => nn.functional.layer_norm(input, weight.shape, weight, bias, _epsilon);
}

/// <summary>Root-mean-square normalisation in float32.</summary>
internal sealed class RmsNorm : nn.Module, ILayer
{
    private readonly double _epsilon;
    private readonly Parameter weight;

    internal RmsNorm(long features, double epsilon)
        : base(nameof(RmsNorm))
    {
        _epsilon = epsilon;
        weight = new Parameter(empty(features));
        RegisterComponents();
    }

    /// <summary>Normalises the last dimension; float32 comes out.</summary>
    public Tensor Forward(Tensor input)
    {
        var value = input.to(ScalarType.Float32);
        return value.mul(value.Squared().mean([-1], keepdim: true).Plus(_epsilon).rsqrt()).mul(weight);
    }
}

using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A norm over the last dimension, in float32, with as many weights as the spec says.</summary>
internal abstract class FeatureNorm : nn.Module, ILayer
{
    private readonly NormSpec _spec;
    private readonly Parameter? weight;
    private readonly Parameter? bias;

    private protected FeatureNorm(string name, NormSpec spec, bool mayHaveBias, long[] shape)
        : base(name)
    {
        _spec = spec;
        weight = spec.HasWeight ? new Parameter(empty(shape)) : null;
        bias = mayHaveBias && spec is { HasWeight: true, HasBias: true } ? new Parameter(empty(shape)) : null;
        RegisterComponents();
    }

    private protected double Epsilon => _spec.Epsilon;

    /// <summary>What normalised features are multiplied by; null where they stay as they are.</summary>
    internal Tensor? Weight => weight is null ? null : _spec.IsStoredMinusOne ? weight.Plus(1) : weight;

    /// <summary>What is then added; null for nothing.</summary>
    internal Parameter? Bias => bias;

    /// <summary>Normalises the last dimension; float32 comes out.</summary>
    public abstract Tensor Forward(Tensor input);

    /// <summary>Sets weights so that they change nothing.</summary>
    internal void Reset()
    {
        weight?.FillInPlace(_spec.IsStoredMinusOne ? 0 : 1);
        bias?.FillInPlace(0);
    }
}

/// <summary>Layer normalisation in float32.</summary>
internal sealed class NormLayer : FeatureNorm
{
    internal NormLayer(NormSpec spec, params long[] shape)
        : base(nameof(NormLayer), spec, mayHaveBias: true, shape)
    {
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        Tensor value = input.dtype == ScalarType.Float32 ? input : input.to(ScalarType.Float32);
        Tensor? factor = Weight;
        if (factor is null || factor.dim() == 1)
        {
            return nn.functional.layer_norm(value, [value.shape[^1]], factor, Bias, Epsilon);
        }

        Tensor scaled = nn.functional.layer_norm(value, [value.shape[^1]], eps: Epsilon).mul(factor);
        return Bias is null ? scaled : scaled.Plus(Bias);
    }
}

/// <summary>Root-mean-square normalisation in float32.</summary>
internal sealed class RmsNorm : FeatureNorm
{
    internal RmsNorm(NormSpec spec, params long[] shape)
        : base(nameof(RmsNorm), spec, mayHaveBias: false, shape)
    {
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        Tensor value = input.to(ScalarType.Float32);
        Tensor scaled = value.mul(value.Squared().mean([-1], keepdim: true).Plus(Epsilon).rsqrt());
        return Weight is { } factor ? scaled.mul(factor) : scaled;
    }
}

/// <summary>Norms of heads, each a module of its own under the name <c>norms</c> and its number.</summary>
internal sealed class ApartNorms : nn.Module, ILayer
{
    private readonly FeatureNorm[] _heads;

    internal ApartNorms(NormSpec spec, long heads, long features)
        : base(nameof(ApartNorms))
    {
        var list = new Numbered();
        _heads = [.. Enumerable.Range(0, (int)heads).Select(_ => LayerMaker.Norm(spec, features))];
        foreach (var (number, head) in _heads.Index())
        {
            list.register_module(number.ToString(System.Globalization.CultureInfo.InvariantCulture), head);
        }

        register_module("norms", list);
    }

    /// <summary>The norm of each head.</summary>
    internal IReadOnlyList<FeatureNorm> Heads => _heads;

    /// <summary>Normalises each head of <c>[B, L, H, D]</c>; float32 comes out.</summary>
    public Tensor Forward(Tensor input) => stack([.. _heads.Select((head, number) => head.Forward(input.select(2, number)))], 2);

    private sealed class Numbered() : nn.Module(nameof(Numbered));
}

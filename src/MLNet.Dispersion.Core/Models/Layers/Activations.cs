using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The activations.</summary>
internal static class Activations
{
    /// <summary>Of any shape. Call it inside a dispose scope.</summary>
    internal static Tensor Apply(this Activation activation, Tensor input) => activation switch
    {
        Activation.Gelu => nn.functional.gelu(input),
        Activation.TanhGelu => TanhGelu.Of(input),
        Activation.Silu => nn.functional.silu(input),
        Activation.Relu => input.relu(),
        Activation.SquaredRelu => input.relu().Squared(),
        Activation.Tanh => input.tanh(),
        _ => throw new NotSupportedException($"There is no activation {activation}."),
    };
}

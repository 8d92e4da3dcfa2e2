using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A linear layer or a norm: what works on the last dimension alone.</summary>
internal interface ILayer
{
    /// <summary><c>[..., in]</c> to <c>[..., out]</c>.</summary>
    Tensor Forward(Tensor input);
}

using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>One layer with its update.</summary>
/// <param name="Name">The layer's name in the checkpoint, such as <c>transformer.h.0.attn.c_attn</c>.</param>
/// <param name="Layer">The layer; not owned.</param>
/// <param name="Update">The update; owned by the adapter.</param>
internal sealed record AdaptedModule(string Name, IAdaptable Layer, LowRankUpdate Update)
{
    /// <summary>The weight as it was before merging, bit for bit; null while it is not merged.</summary>
    internal Tensor? Original { get; set; }
}

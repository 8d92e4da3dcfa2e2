using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The bias of scores by distance with a fixed slope for each head.</summary>
internal static class AlibiBias
{
    /// <summary>The bias of each key, <c>[B or 1, H, 1, T]</c>, float32. A place and not a distance is multiplied: what all keys of a query have in common changes no weight.</summary>
    /// <param name="spec">How.</param>
    /// <param name="heads">Query heads (H).</param>
    /// <param name="view">The tokens.</param>
    internal static Tensor Of(AlibiSpec spec, int heads, TokenView view)
    {
        ScalarType type = spec.IsRounded ? ScalarType.BFloat16 : ScalarType.Float32;
        Tensor slopes = tensor([.. AlibiSpec.Slopes(heads)], device: view.Device).to(type).view(1, heads, 1, 1);
        Tensor bias = slopes.mul(view.KeyPlaces.to(type).unsqueeze(1).unsqueeze(1)).to(ScalarType.Float32);
        return spec.Scale == 1 ? bias : bias.Times(spec.Scale);
    }
}

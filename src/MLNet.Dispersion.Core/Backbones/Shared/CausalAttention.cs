using MLNet.Dispersion.Runtime;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Backbones.Shared;

/// <summary>Causal attention, with padding on the right and with dropout where training asks for it.</summary>
internal static class CausalAttention
{
    /// <summary>Which positions may look at which: <c>[B, 1, L, L]</c>, bool; null when nothing is padded and the causal rule says it all.</summary>
    internal static Tensor? Mask(Tensor? attentionMask)
    {
        if (attentionMask is null)
        {
            return null;
        }

        long length = attentionMask.shape[1];
        var causal = ones([length, length], ScalarType.Bool, attentionMask.device).tril();
        return causal.logical_and(attentionMask.view(-1, 1, 1, length));
    }

    /// <summary>Attends: all of <c>[B, H, L, D]</c>.</summary>
    /// <param name="context">The dropout generator.</param>
    /// <param name="query">Queries.</param>
    /// <param name="key">Keys.</param>
    /// <param name="value">Values.</param>
    /// <param name="mask">From <see cref="Mask"/>.</param>
    /// <param name="scale">What scores are multiplied by; null for one over the root of D.</param>
    /// <param name="dropout">Probability of dropping an attention weight.</param>
    internal static Tensor Attend(ForwardContext context, Tensor query, Tensor key, Tensor value, Tensor? mask, double? scale = null, double dropout = 0)
    {
        if (dropout > 0)
        {
            return AttendExplicitly(context, query, key, value, mask, scale ?? DefaultScale(query), dropout);
        }

        // The library multiplies by one over the root of D itself: other scales go into the queries.
        var scaled = scale is { } factor && factor != DefaultScale(query) ? query.Times(factor / DefaultScale(query)) : query;
        return nn.functional.scaled_dot_product_attention(scaled, key, value, mask, is_casual: mask is null);
    }

    private static double DefaultScale(Tensor query) => 1 / Math.Sqrt(query.shape[^1]);

    private static Tensor AttendExplicitly(ForwardContext context, Tensor query, Tensor key, Tensor value, Tensor? mask, double scale, double dropout)
    {
        long length = query.shape[2];
        var allowed = mask ?? ones([length, length], ScalarType.Bool, query.device).tril();
        var scores = query.matmul(key.transpose(2, 3)).to(ScalarType.Float32).Times(scale).Masked(allowed.logical_not(), double.NegativeInfinity);
        return context.Drop(scores.softmax(-1).to(value.dtype), dropout).matmul(value);
    }
}

using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Causal attention, with padding on the right and with dropout where training asks for it.</summary>
internal static class CausalAttention
{
    /// <summary>Up to this many tokens one layer's <c>[L, L]</c> scores are small enough to be made, and that is the fastest way.</summary>
    private const long LongestExplicit = 1024;

    /// <summary>Attends: all of <c>[B, H, L, D]</c>. Keys and values may have fewer heads, each for a group of query heads.</summary>
    /// <param name="context">The dropout generator.</param>
    /// <param name="query">Queries.</param>
    /// <param name="key">Keys.</param>
    /// <param name="value">Values; alike.</param>
    /// <param name="mask">Who may look at whom.</param>
    /// <param name="scale">What scores are multiplied by; null for one over the root of D.</param>
    /// <param name="dropout">Probability of dropping an attention weight.</param>
    internal static Tensor Attend(ForwardContext context, Tensor query, Tensor key, Tensor value, CausalMask mask, double? scale = null, double dropout = 0)
    {
        (key, value) = (Repeat(key, query), Repeat(value, query));
        if (query.shape[2] <= LongestExplicit && ExplicitAttention.Reaches(query, key, value))
        {
            DropoutMask? drop = dropout > 0 ? DropoutMask.Draw(context.DropoutGenerator, dropout) : null;
            return ExplicitAttention.Apply(query, key, value, mask, scale ?? DefaultScale(query), drop);
        }

        if (dropout > 0)
        {
            return AttendWithDropout(context, query, key, value, mask, scale ?? DefaultScale(query), dropout);
        }

        // The library multiplies by one over the root of D itself: other scales go into the queries.
        var scaled = scale is { } factor && factor != DefaultScale(query) ? query.Times(factor / DefaultScale(query)) : query;
        return nn.functional.scaled_dot_product_attention(scaled, key, value, mask.Allowed, is_casual: mask.Allowed is null);
    }

    /// <summary>Gives every query head a key or value head of its own.</summary>
    internal static Tensor Repeat(Tensor heads, Tensor query)
    {
        long group = query.shape[1] / heads.shape[1];
        return group == 1 ? heads : heads.unsqueeze(2).expand(-1, -1, group, -1, -1).flatten(1, 2);
    }

    private static double DefaultScale(Tensor query) => 1 / Math.Sqrt(query.shape[^1]);

    private static Tensor AttendWithDropout(ForwardContext context, Tensor query, Tensor key, Tensor value, CausalMask mask, double scale, double dropout)
    {
        var allowed = mask.Allowed ?? CausalMask.Triangle(query.shape[2], query.device);
        var scores = query.matmul(key.transpose(2, 3)).to(ScalarType.Float32).Times(scale).Masked(allowed.logical_not(), double.NegativeInfinity);
        return context.Drop(scores.softmax(-1).to(value.dtype), dropout).matmul(value);
    }
}

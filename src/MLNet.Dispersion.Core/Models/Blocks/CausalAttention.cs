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
    /// <param name="key">Keys; kept in the pass's cache, if there is one.</param>
    /// <param name="value">Values; alike.</param>
    /// <param name="mask">Who may look at whom.</param>
    /// <param name="scale">What scores are multiplied by; null for one over the root of D.</param>
    /// <param name="dropout">Probability of dropping an attention weight.</param>
    internal static Tensor Attend(ForwardContext context, Tensor query, Tensor key, Tensor value, CausalMask mask, double? scale = null, double dropout = 0)
    {
        if (mask.Pass is { } pass)
        {
            var (keys, values) = pass.Append(key, value);
            if (pass.HasPast)
            {
                return CachedAttention.Attend(query, keys, values, mask.Allowed, scale ?? DefaultScale(query));
            }
        }

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
    private static Tensor Repeat(Tensor heads, Tensor query)
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

/// <summary>Attention of new tokens to all that were read so far, without gradients.</summary>
internal static class CachedAttention
{
    /// <summary>Attends; a key head serves as many query heads as there are more of them, without being copied.</summary>
    /// <param name="query">Of the new tokens, <c>[B, H, L, D]</c>.</param>
    /// <param name="keys">Of all tokens, <c>[B, K, T, D]</c>; K divides H.</param>
    /// <param name="values">Alike.</param>
    /// <param name="allowed">Who may look where, <c>[B, 1, L, T]</c>, bool; null for everywhere.</param>
    /// <param name="scale">What scores are multiplied by.</param>
    /// <returns><c>[B, H, L, D]</c>.</returns>
    internal static Tensor Attend(Tensor query, Tensor keys, Tensor values, Tensor? allowed, double scale)
    {
        var (batch, heads, length, size) = (query.shape[0], query.shape[1], query.shape[2], query.shape[3]);
        long keyHeads = keys.shape[1];
        long group = heads / keyHeads;
        Tensor queries = query.reshape(batch, keyHeads, group * length, size);
        Tensor scores = queries.matmul(keys.transpose(2, 3)).to(ScalarType.Float32).Times(scale);
        if (allowed is not null)
        {
            scores = scores.view(batch, keyHeads, group, length, -1).Masked(allowed.unsqueeze(2).logical_not(), double.NegativeInfinity).view(scores.shape);
        }

        return scores.softmax(-1).to(values.dtype).matmul(values).view(batch, heads, length, size);
    }
}

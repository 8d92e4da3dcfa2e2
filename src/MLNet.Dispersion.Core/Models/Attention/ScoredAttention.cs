using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Attention whose scores are written out: with windows, biases and caps, padding on either side, behind a cache, one way or both ways, with or without gradients.</summary>
internal static class ScoredAttention
{
    /// <summary>Beyond so many scores a head and row they are not written out where the library can do without.</summary>
    private const long MostScores = 1024 * 1024;

    /// <summary>Attends; a key head serves as many query heads as there are more of them, without being copied.</summary>
    /// <param name="context">The dropout generator.</param>
    /// <param name="query">Of the new tokens, <c>[B, H, L, D]</c>.</param>
    /// <param name="keys">Of all tokens, <c>[B, K, T, D]</c>; K divides H.</param>
    /// <param name="values">Alike.</param>
    /// <param name="rules">What becomes of the scores.</param>
    /// <param name="dropout">Probability of dropping an attention weight.</param>
    /// <returns><c>[B, H, L, D]</c>.</returns>
    internal static Tensor Attend(ForwardContext context, Tensor query, Tensor keys, Tensor values, ScoreRules rules, double dropout = 0)
    {
        var (batch, heads, length, size) = (query.shape[0], query.shape[1], query.shape[2], query.shape[3]);
        if (rules.Cap is null && dropout == 0 && length * keys.shape[2] > MostScores)
        {
            return Unwritten(query, keys, values, rules);
        }

        long keyHeads = keys.shape[1];
        long group = heads / keyHeads;
        Tensor queries = group == 1 ? query : query.reshape(batch, keyHeads, group * length, size);
        Tensor scores = queries.matmul(keys.transpose(2, 3)).to(ScalarType.Float32).Times(rules.Scale).view(batch, heads, length, -1);
        if (rules.Cap is { } cap)
        {
            scores = scores.Over(cap).tanh().Times(cap);
        }

        scores = rules.Bias is null ? scores : scores.Plus(rules.Bias);
        scores = rules.Allowed is null ? scores : scores.Masked(rules.Allowed.logical_not(), double.NegativeInfinity);
        Tensor weights = context.Drop(scores.softmax(-1).to(values.dtype), dropout);
        return weights.view(batch, keyHeads, group * length, -1).matmul(values).view(batch, heads, length, size);
    }

    private static Tensor Unwritten(Tensor query, Tensor keys, Tensor values, ScoreRules rules)
    {
        // The library multiplies by one over the root of D itself: other scales go into the queries.
        double own = 1 / Math.Sqrt(query.shape[^1]);
        Tensor scaled = rules.Scale == own ? query : query.Times(rules.Scale / own);
        Tensor? mask = rules.Allowed;
        if (rules.Bias is { } bias)
        {
            mask = (mask is null ? bias : bias.Masked(mask.logical_not(), double.NegativeInfinity)).to(query.dtype);
        }

        long length = query.shape[2];
        mask = mask?.expand(-1, -1, length, -1);
        return nn.functional.scaled_dot_product_attention(scaled, CausalAttention.Repeat(keys, query), CausalAttention.Repeat(values, query), mask, is_casual: false);
    }
}

/// <summary>What becomes of scores before they are turned into weights, in this order.</summary>
/// <param name="Scale">What they are multiplied by.</param>
/// <param name="Cap">What they then near but never reach; null for nothing.</param>
/// <param name="Bias">What is added, broadcast to <c>[B, H, L, T]</c>, float32; null for nothing.</param>
/// <param name="Allowed">Who may look where, broadcast to <c>[B, 1, L, T]</c>, bool; null for everywhere.</param>
internal sealed record ScoreRules(double Scale, double? Cap, Tensor? Bias, Tensor? Allowed);

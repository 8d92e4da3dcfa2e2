using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

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

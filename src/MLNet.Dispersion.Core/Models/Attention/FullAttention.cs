using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Attention in both directions, with padding and with dropout where training asks for it.</summary>
internal static class FullAttention
{
    /// <summary>Attends: all of <c>[B, H, L, D]</c>; scores are divided by the root of D.</summary>
    /// <param name="context">The dropout generator.</param>
    /// <param name="query">Queries.</param>
    /// <param name="key">Keys.</param>
    /// <param name="value">Values.</param>
    /// <param name="allowed">Which tokens may be looked at, <c>[B, 1, 1, L]</c>, bool; null when all may.</param>
    /// <param name="dropout">Probability of dropping an attention weight.</param>
    internal static Tensor Attend(ForwardContext context, Tensor query, Tensor key, Tensor value, Tensor? allowed, double dropout = 0)
    {
        if (dropout == 0)
        {
            Tensor? pairs = allowed?.expand(-1, 1, query.shape[2], -1);
            return nn.functional.scaled_dot_product_attention(query, key, value, pairs, is_casual: false);
        }

        Tensor scores = query.matmul(key.transpose(2, 3)).to(ScalarType.Float32).Times(1 / Math.Sqrt(query.shape[^1]));
        Tensor visible = allowed is null ? scores : scores.Masked(allowed.logical_not(), double.NegativeInfinity);
        return context.Drop(visible.softmax(-1).to(value.dtype), dropout).matmul(value);
    }
}

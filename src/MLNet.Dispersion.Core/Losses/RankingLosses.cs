using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The losses of rankings: pure functions of tensors, with gradients. Stateless, hence thread-safe.</summary>
/// <remarks>Each takes the scores and relevances of one query's documents, <c>[D]</c>, of one floating type; results are scalars in the caller's dispose scope.</remarks>
public static class RankingLosses
{
    /// <summary>Cross-entropy between softmax(relevance) and softmax(scores), in nats.</summary>
    /// <param name="scores"><c>[D]</c>.</param>
    /// <param name="relevance"><c>[D]</c>.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor ListNet(Tensor scores, Tensor relevance)
    {
        Check(scores, relevance);
        return relevance.softmax(0).mul(scores.log_softmax(0)).sum().neg();
    }

    /// <summary>The mean of log(1 + exp(s_j - s_i)) over all pairs in which i is more relevant than j; 0 where there is none.</summary>
    /// <param name="scores"><c>[D]</c>.</param>
    /// <param name="relevance"><c>[D]</c>.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor RankNet(Tensor scores, Tensor relevance)
    {
        Check(scores, relevance);
        Tensor pairs = Ordered(relevance);
        return PairLosses(scores).mul(pairs).sum().div(pairs.sum().AtLeast(1));
    }

    /// <summary>The sum of those pairs' losses, each times the change in NDCG if the two swapped their places in the present order; gains are 2^relevance - 1.</summary>
    /// <param name="scores"><c>[D]</c>.</param>
    /// <param name="relevance"><c>[D]</c>, at least 0.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor LambdaRank(Tensor scores, Tensor relevance)
    {
        Check(scores, relevance);
        return PairLosses(scores).mul(Ordered(relevance)).mul(Swaps(scores, relevance)).sum();
    }

    /// <summary>log(1 + exp(s_j - s_i)) in row i, column j.</summary>
    private static Tensor PairLosses(Tensor scores)
    {
        Tensor gaps = scores.unsqueeze(1).Plus(scores.unsqueeze(0).neg());
        return nn.functional.binary_cross_entropy_with_logits(gaps, ones_like(gaps), reduction: nn.Reduction.None);
    }

    /// <summary>1 where the document of the row is more relevant than that of the column.</summary>
    private static Tensor Ordered(Tensor relevance) => relevance.unsqueeze(1).gt(relevance.unsqueeze(0)).to_type(relevance.dtype);

    /// <summary>What NDCG would change by, <c>[D, D]</c>: a number, without a gradient.</summary>
    private static Tensor Swaps(Tensor scores, Tensor relevance)
    {
        double[] present = scores.ToDoubles(), gains = [.. relevance.ToDoubles().Select(value => Math.Pow(2, value) - 1)];
        int[] order = [.. Enumerable.Range(0, present.Length).OrderByDescending(document => present[document])];
        var discounts = new double[present.Length];
        for (int place = 0; place < order.Length; place++)
        {
            discounts[order[place]] = 1 / Math.Log2(place + 2);
        }

        double best = gains.OrderDescending().Select((gain, place) => gain / Math.Log2(place + 2)).Sum();
        float[] changes = [.. gains.SelectMany((gain, i) => gains.Select((other, j) => best > 0 ? (float)(Math.Abs((gain - other) * (discounts[i] - discounts[j])) / best) : 0))];
        return tensor(changes, [present.Length, present.Length], dtype: scores.dtype, device: scores.device);
    }

    private static void Check(Tensor scores, Tensor relevance)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(relevance);
        if (scores.dim() != 1 || !scores.shape.AsSpan().SequenceEqual(relevance.shape))
        {
            throw new ArgumentException($"There must be a score and a relevance for each document; they are [{string.Join(", ", scores.shape)}] and [{string.Join(", ", relevance.shape)}].", nameof(relevance));
        }
    }
}

namespace MLNet.Dispersion.Statistics;

/// <summary>How well the documents of one query are ordered by their scores. Pure functions, thread-safe; the mean over queries is the caller's.</summary>
/// <remarks>A document is relevant where its relevance is above 0. Where nothing else is said, documents of equal score keep their order.</remarks>
public static class RetrievalMetrics
{
    /// <summary>Normalised discounted cumulative gain: <see cref="Dcg"/> as a share of that of the best order.</summary>
    /// <param name="relevance">The relevance of each document, at least 0.</param>
    /// <param name="scores">Its score.</param>
    /// <param name="gain">What a relevance is worth.</param>
    /// <param name="depth">How many documents from the top count; null for all.</param>
    /// <returns>0..1; 0 where no document is relevant.</returns>
    /// <exception cref="ArgumentException">The lists are empty, differ in length or hold a number that is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A relevance is negative, or the depth below 1.</exception>
    public static double Ndcg(IReadOnlyList<double> relevance, IReadOnlyList<double> scores, RankingGain gain, int? depth = null) =>
        MatchScores.Share(Dcg(relevance, scores, gain, depth), Dcg(relevance, relevance, gain, depth));

    /// <summary>Discounted cumulative gain: each document's gain over log2(position + 1), positions from 1. Documents of equal score share the mean gain of their positions.</summary>
    /// <param name="relevance">The relevance of each document, at least 0.</param>
    /// <param name="scores">Its score.</param>
    /// <param name="gain">What a relevance is worth.</param>
    /// <param name="depth">How many documents from the top count; null for all.</param>
    /// <exception cref="ArgumentException">The lists are empty, differ in length or hold a number that is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A relevance is negative, or the depth below 1.</exception>
    public static double Dcg(IReadOnlyList<double> relevance, IReadOnlyList<double> scores, RankingGain gain, int? depth = null)
    {
        Check(relevance, scores);
        int counted = Math.Min(Depth(depth ?? relevance.Count), relevance.Count), position = 0;
        double sum = 0;
        foreach (IGrouping<double, int> tied in Enumerable.Range(0, relevance.Count).GroupBy(document => scores[document]).OrderByDescending(group => group.Key))
        {
            double mean = tied.Average(document => Gain(relevance[document], gain));
            int end = position + tied.Count();
            for (; position < Math.Min(end, counted); position++)
            {
                sum += mean / Math.Log2(position + 2);
            }

            position = end;
        }

        return sum;
    }

    /// <summary>One over the position of the first relevant document; 0 where none is relevant.</summary>
    /// <param name="relevance">The relevance of each document, at least 0.</param>
    /// <param name="scores">Its score.</param>
    /// <exception cref="ArgumentException">The lists are empty, differ in length or hold a number that is not finite.</exception>
    public static double ReciprocalRank(IReadOnlyList<double> relevance, IReadOnlyList<double> scores)
    {
        int first = Array.IndexOf(Ordered(relevance, scores), true);
        return first < 0 ? 0 : 1.0 / (first + 1);
    }

    /// <summary>The mean over relevant documents of the precision among all that score at least as high; NaN where none is relevant.</summary>
    /// <param name="relevance">The relevance of each document, at least 0.</param>
    /// <param name="scores">Its score.</param>
    /// <exception cref="ArgumentException">The lists are empty, differ in length or hold a number that is not finite.</exception>
    public static double AveragePrecision(IReadOnlyList<double> relevance, IReadOnlyList<double> scores)
    {
        Check(relevance, scores);
        return MultiLabelMetrics.AveragePrecision([.. relevance.Select(value => value > 0)], scores);
    }

    /// <summary>The share of relevant documents among the first <paramref name="depth"/>, of which there may be fewer.</summary>
    /// <param name="relevance">The relevance of each document, at least 0.</param>
    /// <param name="scores">Its score.</param>
    /// <param name="depth">How many documents from the top, at least 1; the divisor.</param>
    /// <exception cref="ArgumentException">The lists are empty, differ in length or hold a number that is not finite.</exception>
    public static double PrecisionAt(IReadOnlyList<double> relevance, IReadOnlyList<double> scores, int depth) =>
        (double)Ordered(relevance, scores).Take(Depth(depth)).Count(relevant => relevant) / depth;

    /// <summary>The share of all relevant documents that are among the first <paramref name="depth"/>; NaN where none is relevant.</summary>
    /// <param name="relevance">The relevance of each document, at least 0.</param>
    /// <param name="scores">Its score.</param>
    /// <param name="depth">How many documents from the top, at least 1.</param>
    /// <exception cref="ArgumentException">The lists are empty, differ in length or hold a number that is not finite.</exception>
    public static double RecallAt(IReadOnlyList<double> relevance, IReadOnlyList<double> scores, int depth)
    {
        bool[] ordered = Ordered(relevance, scores);
        return (double)ordered.Take(Depth(depth)).Count(relevant => relevant) / ordered.Count(relevant => relevant);
    }

    private static bool[] Ordered(IReadOnlyList<double> relevance, IReadOnlyList<double> scores)
    {
        Check(relevance, scores);
        return [.. Enumerable.Range(0, relevance.Count).OrderByDescending(document => scores[document]).Select(document => relevance[document] > 0)];
    }

    private static double Gain(double relevance, RankingGain gain) => gain switch
    {
        RankingGain.Exponential => Math.Pow(2, relevance) - 1,
        RankingGain.Linear => relevance,
        _ => throw new ArgumentOutOfRangeException(nameof(gain), gain, "There is no such gain."),
    };

    private static int Depth(int depth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        return depth;
    }

    private static void Check(IReadOnlyList<double> relevance, IReadOnlyList<double> scores)
    {
        ArgumentNullException.ThrowIfNull(relevance);
        ArgumentNullException.ThrowIfNull(scores);
        MetricInput.NotEmpty(relevance.Count, nameof(relevance));
        MetricInput.SameLength(relevance.Count, scores.Count, nameof(scores));
        MetricInput.Finite(relevance);
        MetricInput.Finite(scores);
        foreach (double value in relevance)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(relevance));
        }
    }
}

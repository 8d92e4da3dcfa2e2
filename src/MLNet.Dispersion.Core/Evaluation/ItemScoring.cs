using System.Text;

namespace MLNet.Dispersion;

/// <summary>What an item counts in a metric, from the log-likelihoods of its choices.</summary>
internal static class ItemScoring
{
    /// <summary>The score of a task.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="items">The items.</param>
    /// <param name="scores">For each item its choices' scores.</param>
    public static BenchmarkScore Score(BenchmarkMetric metric, IReadOnlyList<BenchmarkItem> items, IReadOnlyList<SequenceScore[]> scores)
    {
        (double Mean, double Error) mean = SampleStatistics.Mean([.. items.Select((item, i) => Value(metric, item, scores[i]))]);
        var (value, error) = metric == BenchmarkMetric.Perplexity ? SampleStatistics.Exp(mean) : mean;
        return new BenchmarkScore(metric, value, error);
    }

    /// <summary>One item's value: 0..1, or the negative log-likelihood of the true choice for perplexity.</summary>
    public static double Value(BenchmarkMetric metric, BenchmarkItem item, SequenceScore[] scores) => metric switch
    {
        BenchmarkMetric.Accuracy => Credit(item, scores, _ => 1),
        BenchmarkMetric.NormalizedAccuracy => Credit(item, scores, text => text.EnumerateRunes().Count()),
        BenchmarkMetric.ByteNormalizedAccuracy => Credit(item, scores, Encoding.UTF8.GetByteCount),
        BenchmarkMetric.TrueShare => TrueShare(item, scores),
        BenchmarkMetric.GreedyAccuracy => scores[True(item)].IsGreedy ? 1 : 0,
        BenchmarkMetric.Perplexity => -scores[True(item)].LogLikelihood,
        _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, $"{metric} is no metric of items; see WordPerplexity."),
    };

    private static double Credit(BenchmarkItem item, SequenceScore[] scores, Func<string, int> length)
    {
        double[] values = [.. scores.Select((score, i) => score.LogLikelihood / length(item.Choices[i].Text))];
        double best = values.Max();
        return values[True(item)] == best ? 1.0 / values.Count(value => value == best) : 0;
    }

    private static double TrueShare(BenchmarkItem item, SequenceScore[] scores)
    {
        double most = scores.Max(score => score.LogLikelihood);
        double[] likelihoods = [.. scores.Select(score => Math.Exp(score.LogLikelihood - most))];
        return likelihoods.Where((_, i) => item.Choices[i].IsTrue).Sum() / likelihoods.Sum();
    }

    private static int True(BenchmarkItem item)
    {
        int index = 0;
        while (!item.Choices[index].IsTrue)
        {
            index++;
        }

        return index;
    }
}

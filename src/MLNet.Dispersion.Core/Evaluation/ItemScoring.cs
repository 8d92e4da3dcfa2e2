using System.Text;

namespace MLNet.Dispersion;

/// <summary>What an item counts in a metric, from the log-likelihoods of its choices.</summary>
internal static class ItemScoring
{
    /// <summary>The score of a task.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="items">The items.</param>
    /// <param name="scores">For each item its choices' scores.</param>
    /// <param name="ties">What ties count.</param>
    public static BenchmarkScore Score(BenchmarkMetric metric, IReadOnlyList<BenchmarkItem> items, IReadOnlyList<SequenceScore[]> scores, TieRule ties = TieRule.Shared)
    {
        double[] values = [.. items.Select((item, i) => Value(metric, item, scores[i], ties))];
        (double Mean, double Error) mean = SampleStatistics.Mean(values);

        // Likelihoods of single words differ so much that the slope of exp at their mean says nearly nothing of its spread.
        var (value, error) = metric != BenchmarkMetric.Perplexity ? mean
            : (Math.Exp(mean.Mean), values.Length > 1 ? BootstrapInterval.StandardError(values, drawn => Math.Exp(drawn)) : double.NaN);
        return new BenchmarkScore { Metric = metric, Value = value, StandardError = error };
    }

    /// <summary>One item's value: 0..1, or the negative log-likelihood of the true choice for perplexity.</summary>
    public static double Value(BenchmarkMetric metric, BenchmarkItem item, SequenceScore[] scores, TieRule ties = TieRule.Shared) => metric switch
    {
        BenchmarkMetric.Accuracy => Credit(item, scores, ties, _ => 1),
        BenchmarkMetric.NormalizedAccuracy => Credit(item, scores, ties, text => text.EnumerateRunes().Count()),
        BenchmarkMetric.ByteNormalizedAccuracy => Credit(item, scores, ties, Encoding.UTF8.GetByteCount),
        BenchmarkMetric.TrueShare => TrueShare(item, scores),
        BenchmarkMetric.GreedyAccuracy => scores[True(item)].IsGreedy ? 1 : 0,
        BenchmarkMetric.Perplexity => -scores[True(item)].LogLikelihood,
        _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, $"{metric} is no metric of items; see WordPerplexity."),
    };

    private static double Credit(BenchmarkItem item, SequenceScore[] scores, TieRule ties, Func<string, int> length)
    {
        double[] values = [.. scores.Select((score, i) => score.LogLikelihood / length(item.Choices[i].Text))];
        double best = values.Max();
        return ties == TieRule.First ? (Array.IndexOf(values, best) == True(item) ? 1 : 0)
            : values[True(item)] == best ? 1.0 / values.Count(value => value == best) : 0;
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

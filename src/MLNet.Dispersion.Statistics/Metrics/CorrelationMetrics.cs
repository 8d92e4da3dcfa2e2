using MathNet.Numerics.Distributions;

namespace MLNet.Dispersion.Statistics;

/// <summary>How near predicted numbers are to true ones, and how far they go together, as SciPy and scikit-learn compute it. Immutable and thread-safe.</summary>
public sealed record CorrelationMetrics
{
    private CorrelationMetrics()
    {
    }

    /// <summary>Gets Pearson's correlation, -1..1; NaN where one side is constant.</summary>
    public required double Pearson { get; init; }

    /// <summary>Gets its two-sided p under no correlation, by Student's t with n - 2 degrees of freedom; 1 for two items, NaN where one side is constant.</summary>
    public required double PearsonP { get; init; }

    /// <summary>Gets Spearman's rank correlation, ties sharing their mean rank, -1..1; NaN where one side is constant.</summary>
    public required double Spearman { get; init; }

    /// <summary>Gets its two-sided p, by the same t; NaN for two items or where one side is constant.</summary>
    public required double SpearmanP { get; init; }

    /// <summary>Gets Kendall's tau-b, -1..1; NaN where one side is constant.</summary>
    public required double KendallTauB { get; init; }

    /// <summary>Gets the mean of squared errors.</summary>
    public required double MeanSquaredError { get; init; }

    /// <summary>Gets the mean of absolute errors.</summary>
    public required double MeanAbsoluteError { get; init; }

    /// <summary>Gets the share of the truth's variance that is explained, at most 1; where the truth is constant 1 if every prediction equals it, else 0.</summary>
    public required double RSquared { get; init; }

    /// <summary>Compares numbers.</summary>
    /// <param name="truth">The true numbers, finite, at least two.</param>
    /// <param name="predicted">As many predicted ones.</param>
    /// <exception cref="ArgumentException">There are fewer than two numbers, the lists differ in length, or a number is not finite.</exception>
    public static CorrelationMetrics Of(IReadOnlyList<double> truth, IReadOnlyList<double> predicted)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predicted);
        MetricInput.SameLength(truth.Count, predicted.Count, nameof(predicted));
        MetricInput.Finite(truth);
        MetricInput.Finite(predicted);
        if (truth.Count < 2)
        {
            throw new ArgumentException("A correlation needs at least two numbers.", nameof(truth));
        }

        double[] errors = [.. truth.Zip(predicted, (right, said) => right - said)];
        double mean = truth.Average(), squared = errors.Sum(error => error * error), spread = truth.Sum(value => (value - mean) * (value - mean));
        bool constant = truth.All(value => value == truth[0]);
        double pearson = RankCorrelation.Pearson(truth, predicted), spearman = RankCorrelation.Spearman(truth, predicted);
        return new CorrelationMetrics
        {
            Pearson = pearson,
            PearsonP = truth.Count == 2 && double.IsFinite(pearson) ? 1 : P(pearson, truth.Count),
            Spearman = spearman,
            SpearmanP = P(spearman, truth.Count),
            KendallTauB = RankCorrelation.KendallTauB(truth, predicted),
            MeanSquaredError = squared / truth.Count,
            MeanAbsoluteError = errors.Average(Math.Abs),
            RSquared = !constant ? 1 - (squared / spread) : squared == 0 ? 1 : 0,
        };
    }

    private static double P(double correlation, int count)
    {
        if (count < 3 || double.IsNaN(correlation))
        {
            return double.NaN;
        }

        double rest = 1 - (correlation * correlation);
        return rest <= 0 ? 0 : 2 * StudentT.CDF(0, 1, count - 2, -Math.Abs(correlation) * Math.Sqrt((count - 2) / rest));
    }
}

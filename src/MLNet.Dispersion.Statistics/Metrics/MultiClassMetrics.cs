using System.Globalization;

namespace MLNet.Dispersion.Statistics;

/// <summary>How well one class of several was found for each item, as scikit-learn counts. Immutable and thread-safe.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion.Statistics;
///
/// MultiClassMetrics metrics = MultiClassMetrics.Of(truth: [0, 1, 2, 1], predicted: [0, 1, 1, 1], classCount: 3);
/// Console.WriteLine($"{metrics.Accuracy:P0} right, macro F1 {metrics.Macro.F1:0.00}");
/// </code>
/// </example>
public sealed record MultiClassMetrics
{
    /// <summary>The smallest probability that the log-loss takes, the spacing of 64-bit numbers at 1, as scikit-learn.</summary>
    private const double LeastProbability = 2.220446049250313E-16;

    private MultiClassMetrics()
    {
    }

    /// <summary>Gets the share of items whose class was found, 0..1.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Gets the mean recall of the classes that occur in the truth, 0..1.</summary>
    public required double BalancedAccuracy { get; init; }

    /// <summary>Gets Matthews' correlation coefficient, -1..1; 0 where truth or prediction is always the same class.</summary>
    public required double MatthewsCorrelation { get; init; }

    /// <summary>Gets Cohen's kappa, agreement beyond that of chance, at most 1; NaN where truth and prediction are always the same one class.</summary>
    public required double Kappa { get; init; }

    /// <summary>Gets scores over all items together; each equals the accuracy.</summary>
    public required MatchScores Micro { get; init; }

    /// <summary>Gets the plain mean over all classes; one that never occurs counts 0.</summary>
    public required MatchScores Macro { get; init; }

    /// <summary>Gets the plain mean over those classes that occur in truth or prediction.</summary>
    public required MatchScores MacroOfSeen { get; init; }

    /// <summary>Gets the mean over classes weighted by their number of true items.</summary>
    public required MatchScores Weighted { get; init; }

    /// <summary>Gets the scores of each class.</summary>
    public required IReadOnlyList<MatchScores> ByClass { get; init; }

    /// <summary>Gets the counts of items, by true class and then by predicted class.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Confusion { get; init; }

    /// <summary>Counts.</summary>
    /// <param name="truth">The true class of each item, 0..<paramref name="classCount"/>-1.</param>
    /// <param name="predicted">The predicted class of each.</param>
    /// <param name="classCount">How many classes there are, at least 1.</param>
    /// <exception cref="ArgumentException">There is no item, or the lists differ in length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A class is outside the range.</exception>
    public static MultiClassMetrics Of(IReadOnlyList<int> truth, IReadOnlyList<int> predicted, int classCount)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predicted);
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        MetricInput.NotEmpty(truth.Count, nameof(truth));
        MetricInput.SameLength(truth.Count, predicted.Count, nameof(predicted));
        var confusion = new int[classCount][];
        for (int row = 0; row < classCount; row++)
        {
            confusion[row] = new int[classCount];
        }

        for (int item = 0; item < truth.Count; item++)
        {
            confusion[Class(truth[item], classCount, nameof(truth))][Class(predicted[item], classCount, nameof(predicted))]++;
        }

        int[] support = [.. confusion.Select(row => row.Sum())];
        int[] found = [.. Enumerable.Range(0, classCount).Select(column => confusion.Sum(row => row[column]))];
        MatchScores[] byClass = [.. Enumerable.Range(0, classCount).Select(label => MatchScores.Of(confusion[label][label], found[label], support[label]))];
        double count = truth.Count;
        int right = Enumerable.Range(0, classCount).Sum(label => confusion[label][label]);
        double chance = support.Zip(found).Sum(pair => (double)pair.First * pair.Second);
        double spread = Math.Sqrt(((count * count) - found.Sum(value => (double)value * value)) * ((count * count) - support.Sum(value => (double)value * value)));
        return new MultiClassMetrics
        {
            Accuracy = right / count,
            BalancedAccuracy = byClass.Where(scores => scores.Support > 0).Average(scores => scores.Recall),
            MatthewsCorrelation = MatchScores.Share((right * count) - chance, spread),
            Kappa = ((right * count) - chance) / ((count * count) - chance),
            Micro = MatchScores.Of(right, truth.Count, truth.Count),
            Macro = MatchScores.Macro(byClass),
            MacroOfSeen = MatchScores.Macro([.. byClass.Where((scores, label) => scores.Support > 0 || found[label] > 0)]),
            Weighted = MatchScores.Weighted(byClass),
            ByClass = byClass,
            Confusion = confusion,
        };
    }

    /// <summary>The mean of minus the natural logarithm of the true class's probability.</summary>
    /// <param name="truth">The true class of each item.</param>
    /// <param name="probabilities">The probabilities of the classes for each item, 0..1.</param>
    /// <returns>Nats, at least 0. A probability below 2.2e-16 counts as that.</returns>
    /// <exception cref="ArgumentException">There is no item, or the lists differ in length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A class is outside the range.</exception>
    public static double LogLoss(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> probabilities)
    {
        Check(truth, probabilities);
        return truth.Select((label, item) => -Math.Log(Math.Max(probabilities[item][Class(label, probabilities[item].Count, nameof(truth))], LeastProbability))).Average();
    }

    /// <summary>The share of items whose true class is among the <paramref name="most"/> with the highest scores; of equal scores the later class comes first, as in scikit-learn.</summary>
    /// <param name="truth">The true class of each item.</param>
    /// <param name="scores">The scores of the classes for each item.</param>
    /// <param name="most">How many classes are looked at, at least 1.</param>
    /// <exception cref="ArgumentException">There is no item, or the lists differ in length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A class is outside the range, or <paramref name="most"/> is below 1.</exception>
    public static double TopAccuracy(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> scores, int most)
    {
        Check(truth, scores);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return truth.Select((label, item) =>
        {
            IReadOnlyList<double> row = scores[item];
            double own = row[Class(label, row.Count, nameof(truth))];
            return Enumerable.Range(0, row.Count).Count(other => row[other] > own || (row[other] == own && other > label)) < most ? 1.0 : 0;
        }).Average();
    }

    /// <summary>The expected calibration error: how far the probability of the chosen class is from the share of items in which it was right, by ranges of that probability, a range weighing as much as it has items.</summary>
    /// <param name="confidence">The probability of the chosen class of each item, 0..1.</param>
    /// <param name="right">Whether that class was the true one.</param>
    /// <param name="ranges">How many ranges of equal width there are, at least 1; by default 10. A probability on a border belongs to the upper range.</param>
    /// <returns>0..1; 0 where 70 % of what was said with a probability of 0.7 is right, and so on.</returns>
    /// <exception cref="ArgumentException">There is no item, or the lists differ in length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A probability is outside 0..1, or <paramref name="ranges"/> is below 1.</exception>
    public static double CalibrationError(IReadOnlyList<double> confidence, IReadOnlyList<bool> right, int ranges = 10)
    {
        ArgumentNullException.ThrowIfNull(confidence);
        ArgumentNullException.ThrowIfNull(right);
        ArgumentOutOfRangeException.ThrowIfLessThan(ranges, 1);
        MetricInput.NotEmpty(confidence.Count, nameof(confidence));
        MetricInput.SameLength(right.Count, confidence.Count, nameof(confidence));
        var differences = new double[ranges];
        for (int item = 0; item < confidence.Count; item++)
        {
            double probability = confidence[item] is >= 0 and <= 1
                ? confidence[item]
                : throw new ArgumentOutOfRangeException(nameof(confidence), confidence[item], string.Create(CultureInfo.InvariantCulture, $"Item {item} has no probability: these are 0 to 1."));
            differences[Math.Min(ranges - 1, (int)(probability * ranges))] += probability - (right[item] ? 1 : 0);
        }

        return differences.Sum(Math.Abs) / confidence.Count;
    }

    private static void Check(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> rows)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(rows);
        MetricInput.NotEmpty(truth.Count, nameof(truth));
        MetricInput.SameLength(truth.Count, rows.Count, nameof(rows));
    }

    private static int Class(int label, int classCount, string name) => label >= 0 && label < classCount
        ? label
        : throw new ArgumentOutOfRangeException(name, label, string.Create(CultureInfo.InvariantCulture, $"Classes are 0 to {classCount - 1}."));
}

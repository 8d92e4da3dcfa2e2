using System.Globalization;

namespace MLNet.Dispersion.Statistics;

/// <summary>How well any number of labels was found for each item, as scikit-learn counts. Immutable and thread-safe.</summary>
public sealed record MultiLabelMetrics
{
    private MultiLabelMetrics()
    {
    }

    /// <summary>Gets scores over all items and labels together.</summary>
    public required MatchScores Micro { get; init; }

    /// <summary>Gets the plain mean over labels.</summary>
    public required MatchScores Macro { get; init; }

    /// <summary>Gets the mean over labels weighted by their number of true items.</summary>
    public required MatchScores Weighted { get; init; }

    /// <summary>Gets the plain mean over items; one with neither a true nor a predicted label counts 0.</summary>
    public required MatchScores Samples { get; init; }

    /// <summary>Gets the scores of each label.</summary>
    public required IReadOnlyList<MatchScores> ByLabel { get; init; }

    /// <summary>Gets the share of items all of whose labels are right, 0..1.</summary>
    public required double SubsetAccuracy { get; init; }

    /// <summary>Gets the share of (item, label) cells that are wrong, 0..1.</summary>
    public required double HammingLoss { get; init; }

    /// <summary>Counts.</summary>
    /// <param name="truth">Whether each label (inner list) is true of each item (outer list).</param>
    /// <param name="predicted">Whether it was predicted.</param>
    /// <exception cref="ArgumentException">There is no item or no label, or the lists differ in length.</exception>
    public static MultiLabelMetrics Of(IReadOnlyList<IReadOnlyList<bool>> truth, IReadOnlyList<IReadOnlyList<bool>> predicted)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predicted);
        MetricInput.NotEmpty(truth.Count, nameof(truth));
        MetricInput.SameLength(truth.Count, predicted.Count, nameof(predicted));
        int labels = truth[0].Count;
        MetricInput.NotEmpty(labels, nameof(truth));
        int[] hits = new int[labels], found = new int[labels], support = new int[labels];
        var samples = new List<MatchScores>(truth.Count);
        int exact = 0, wrong = 0;
        for (int item = 0; item < truth.Count; item++)
        {
            CheckLabels(item, truth[item].Count, labels, nameof(truth));
            CheckLabels(item, predicted[item].Count, labels, nameof(predicted));
            int rowHits = 0, rowFound = 0, rowSupport = 0, rowWrong = 0;
            for (int label = 0; label < labels; label++)
            {
                bool isTrue = truth[item][label], isFound = predicted[item][label];
                Count(isTrue && isFound, ref hits[label], ref rowHits);
                Count(isFound, ref found[label], ref rowFound);
                Count(isTrue, ref support[label], ref rowSupport);
                rowWrong += isTrue == isFound ? 0 : 1;
            }

            samples.Add(MatchScores.Of(rowHits, rowFound, rowSupport));
            exact += rowWrong == 0 ? 1 : 0;
            wrong += rowWrong;
        }

        MatchScores[] byLabel = [.. Enumerable.Range(0, labels).Select(label => MatchScores.Of(hits[label], found[label], support[label]))];
        return new MultiLabelMetrics
        {
            Micro = MatchScores.Of(hits.Sum(), found.Sum(), support.Sum()),
            Macro = MatchScores.Macro(byLabel),
            Weighted = MatchScores.Weighted(byLabel),
            Samples = MatchScores.Macro(samples),
            ByLabel = byLabel,
            SubsetAccuracy = (double)exact / truth.Count,
            HammingLoss = (double)wrong / ((long)truth.Count * labels),
        };
    }

    /// <summary>The area under the receiver operating characteristic of one label: how likely a true item scores above another, ties half.</summary>
    /// <param name="truth">Whether the label is true of each item.</param>
    /// <param name="scores">Its score for each item; any increasing function of the probability will do.</param>
    /// <returns>0..1; NaN where all items are true, or none.</returns>
    /// <exception cref="ArgumentException">The lists differ in length, or a score is not finite.</exception>
    public static double RocAuc(IReadOnlyList<bool> truth, IReadOnlyList<double> scores)
    {
        double above = 0, positives = 0, negatives = 0;
        foreach ((int tiedPositives, int tiedNegatives) in Steps(truth, scores))
        {
            above += tiedNegatives * (positives + (tiedPositives / 2.0));
            positives += tiedPositives;
            negatives += tiedNegatives;
        }

        return above / (positives * negatives);
    }

    /// <summary>Average precision of one label: the mean over its true items of the precision among all that score at least as high. Tied scores are one step.</summary>
    /// <param name="truth">Whether the label is true of each item.</param>
    /// <param name="scores">Its score for each item.</param>
    /// <returns>0..1; NaN where no item is true.</returns>
    /// <exception cref="ArgumentException">The lists differ in length, or a score is not finite.</exception>
    public static double AveragePrecision(IReadOnlyList<bool> truth, IReadOnlyList<double> scores)
    {
        double sum = 0, positives = 0, seen = 0;
        foreach ((int tiedPositives, int tiedNegatives) in Steps(truth, scores))
        {
            positives += tiedPositives;
            seen += tiedPositives + tiedNegatives;
            sum += tiedPositives * positives / seen;
        }

        return sum / positives;
    }

    /// <summary>The counts of true and other items of each score, highest score first.</summary>
    private static IEnumerable<(int Positives, int Negatives)> Steps(IReadOnlyList<bool> truth, IReadOnlyList<double> scores)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(scores);
        MetricInput.SameLength(truth.Count, scores.Count, nameof(scores));
        MetricInput.Finite(scores);
        return Enumerable.Range(0, truth.Count).GroupBy(item => scores[item]).OrderByDescending(group => group.Key).Select(group =>
        {
            int positives = group.Count(item => truth[item]);
            return (positives, group.Count() - positives);
        });
    }

    private static void Count(bool holds, ref int ofLabel, ref int ofRow)
    {
        if (holds)
        {
            ofLabel++;
            ofRow++;
        }
    }

    private static void CheckLabels(int item, int count, int labels, string name)
    {
        if (count != labels)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Item {item} has {count} labels, the first one {labels}; all need the same."), name);
        }
    }
}

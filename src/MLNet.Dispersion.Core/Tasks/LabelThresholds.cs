namespace MLNet.Dispersion;

/// <summary>From which probability on a label counts as found.</summary>
public static class LabelThresholds
{
    /// <summary>Where nothing was tuned.</summary>
    public const float Even = 0.5f;

    private const float Lowest = 1e-6f;
    private const float Highest = 1 - Lowest;

    /// <summary>The threshold of each label at which its F1 is highest on rows whose labels are known.</summary>
    /// <param name="labels">For each row whether it has each label.</param>
    /// <param name="probabilities">The probabilities, row after row, <c>[rows * K]</c>.</param>
    /// <returns>One a label (K): half way between two probabilities that occur; the nearest to <see cref="Even"/> of several that are as good; <see cref="Even"/> for a label that no row has, or every row.</returns>
    /// <exception cref="ArgumentException">There is no row, or there is not one probability for each row and label.</exception>
    public static float[] Tune(IReadOnlyList<IReadOnlyList<bool>> labels, IReadOnlyList<float> probabilities)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(probabilities);
        if (labels.Count == 0 || labels.Count * labels[0].Count != probabilities.Count)
        {
            throw new ArgumentException($"Thresholds are tuned on at least one row, with a probability for each of its labels; there are {labels.Count} rows and {probabilities.Count} probabilities.", nameof(probabilities));
        }

        int count = labels[0].Count;
        return [.. Enumerable.Range(0, count).Select(label => Tune([.. labels.Select((row, number) => (probabilities[(number * count) + label], row[label]))]))];
    }

    private static float Tune((float Probability, bool Has)[] rows)
    {
        int support = rows.Count(row => row.Has), hits = support, found = rows.Length;
        if (support == 0 || support == rows.Length)
        {
            return Even;
        }

        (float Probability, bool Has)[] rising = [.. rows.OrderBy(row => row.Probability)];
        bool canFindAll = rising[0].Probability >= Lowest;
        float best = canFindAll ? rising[0].Probability / 2 : Even;
        double highest = canFindAll ? F1() : -1;
        for (int row = 0; row < rising.Length - 1; row++)
        {
            hits -= rising[row].Has ? 1 : 0;
            found--;
            float threshold = (rising[row].Probability + rising[row + 1].Probability) / 2;
            bool apart = rising[row].Probability < rising[row + 1].Probability;
            if (apart && (F1() > highest || (F1() == highest && Math.Abs(threshold - Even) < Math.Abs(best - Even))))
            {
                (best, highest) = (threshold, F1());
            }
        }

        return Math.Clamp(best, Lowest, Highest);

        double F1() => 2.0 * hits / (found + support);
    }
}

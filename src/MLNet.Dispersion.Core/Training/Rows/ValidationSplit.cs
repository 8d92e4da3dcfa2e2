namespace MLNet.Dispersion;

/// <summary>Holds rows out of training, group by group, such as class by class.</summary>
internal static class ValidationSplit
{
    /// <summary>Row indices for training and for validation, each in rising order; windows of one example stay together.</summary>
    internal static (int[] Train, int[] Validation) Split(TrainingRows rows, Func<int, int> groupOf, double fraction, int seed)
    {
        if (rows.Examples is not { } examples)
        {
            return Split(rows.Count, groupOf, fraction, seed);
        }

        // Windows of an example stand side by side.
        int[] starts = [.. Enumerable.Range(0, rows.Count).Where(row => row == 0 || examples[row] != examples[row - 1]), rows.Count];
        var (train, held) = Split(starts.Length - 1, part => Windows(part).Max(groupOf), fraction, seed);
        return (RowsOf(train), RowsOf(held));

        int[] RowsOf(int[] chosen) => [.. chosen.SelectMany(Windows)];

        IEnumerable<int> Windows(int part) => Enumerable.Range(starts[part], starts[part + 1] - starts[part]);
    }

    /// <summary>Row indices with the last examples held out.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="last">How many examples are held out, fewer than there are.</param>
    internal static (int[] Train, int[] Validation) Last(TrainingRows rows, int last)
    {
        int first = (rows.Examples is { Count: > 0 } examples ? examples.Max() + 1 : rows.Count) - last;
        return Parted(rows.Count, row => (rows.Examples?[row] ?? row) >= first);
    }

    /// <summary>Row indices for training and for validation, each in rising order.</summary>
    /// <remarks>Every group keeps at least one training row; a fraction that makes less than half a row of a group holds none of it out.</remarks>
    /// <param name="count">Rows.</param>
    /// <param name="groupOf">The group of each.</param>
    /// <param name="fraction">The share to hold out.</param>
    /// <param name="seed">Of the run.</param>
    internal static (int[] Train, int[] Validation) Split(int count, Func<int, int> groupOf, double fraction, int seed)
    {
        var random = SeedStream.Random(seed, SeedStream.Split);
        var held = new bool[count];
        var groups = Enumerable.Range(0, count).GroupBy(groupOf).OrderBy(group => group.Key);
        foreach (var group in groups)
        {
            int[] members = [.. group];
            random.Shuffle(members);
            int share = Math.Min((int)Math.Round(members.Length * fraction, MidpointRounding.AwayFromZero), members.Length - 1);
            foreach (int row in members.AsSpan(0, Math.Max(share, 0)))
            {
                held[row] = true;
            }
        }

        return Parted(count, row => held[row]);
    }

    private static (int[] Train, int[] Validation) Parted(int count, Func<int, bool> isHeld)
    {
        IEnumerable<int> all = Enumerable.Range(0, count);
        return ([.. all.Where(row => !isHeld(row))], [.. all.Where(isHeld)]);
    }
}

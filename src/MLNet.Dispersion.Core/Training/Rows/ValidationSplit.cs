namespace MLNet.Dispersion;

/// <summary>Holds rows out of training, class by class where there are labels.</summary>
internal static class ValidationSplit
{
    /// <summary>Row indices for training and for validation, each in rising order.</summary>
    /// <remarks>Every class keeps at least one training row; a fraction that makes less than half a row of a class holds none of it out.</remarks>
    internal static (int[] Train, int[] Validation) Split(TrainingRows rows, double fraction, int seed)
    {
        var random = SeedStream.Random(seed, SeedStream.Split);
        var held = new HashSet<int>();
        var groups = Enumerable.Range(0, rows.Count).GroupBy(row => rows.Labels?[row] ?? 0).OrderBy(group => group.Key);
        foreach (var group in groups)
        {
            int[] members = [.. group];
            random.Shuffle(members);
            int count = Math.Min((int)Math.Round(members.Length * fraction, MidpointRounding.AwayFromZero), members.Length - 1);
            held.UnionWith(members.Take(count));
        }

        var all = Enumerable.Range(0, rows.Count);
        return ([.. all.Where(row => !held.Contains(row))], [.. all.Where(held.Contains)]);
    }
}

namespace MLNet.Dispersion.Statistics;

/// <summary>How many rows and seeds a comparison needs. Pure functions, thread-safe.</summary>
public static class Power
{
    private const int MostRows = 100_000_000;
    private const int MostSeeds = 10_000;

    /// <summary>Computes how many rows a test of a mean needs.</summary>
    /// <remarks>For right and wrong answers the variance is about the share of rows that only one model has right: with one in ten, one point needs 7,850 rows and two points 1,963.</remarks>
    /// <param name="variance">The variance of the differences of rows, above 0.</param>
    /// <param name="effect">The effect that is to be seen; not 0.</param>
    /// <param name="power">How surely it is to be seen, above 0 and below 1. Default 0.8.</param>
    /// <param name="level">The level of the interval, above 0 and below 1. Default 0.95.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static double Rows(double variance, double effect, double power = 0.8, double level = 0.95)
    {
        Quantiles.CheckLevel(level);
        Quantiles.CheckLevel(power, nameof(power));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(variance);
        ArgumentOutOfRangeException.ThrowIfZero(effect);
        double quantiles = Quantiles.TwoSidedNormal(level) + MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, power);
        return quantiles * quantiles * variance / (effect * effect);
    }

    /// <summary>Computes how many rows, or how many seeds, would let a comparison tell in 80 % of cases: where there is no effect, that the interval that decides lies within the least effect.</summary>
    /// <param name="differences">Differences seen so far: their variances are taken for the true ones, so the answer is rough where seeds are few.</param>
    /// <param name="leastEffect">The least effect, above 0.</param>
    /// <param name="power">How surely, above 0 and below 1. Default 0.8.</param>
    /// <param name="level">The level of the interval, above 0 and below 1. Default 0.95.</param>
    /// <returns>At least the rows and seeds there are.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static SampleNeeded Needed(PairedDifferences differences, double leastEffect, double power = 0.8, double level = 0.95) => Needed(differences, leastEffect, power, level, effect: 0, more: 0);

    /// <summary>Computes how many rows, or how many seeds, would tell where what there is did not: as <see cref="Needed(PairedDifferences, double, double, double)"/> does; and where that asks for no more than there is, so that the difference seen is the reason, as many as let a comparison with just this effect end in its word.</summary>
    /// <param name="differences">Differences seen so far, of which it cannot be told.</param>
    /// <param name="leastEffect">The least effect, above 0.</param>
    /// <param name="power">How surely, above 0 and below 1. Default 0.8.</param>
    /// <param name="level">The level of the interval, above 0 and below 1. Default 0.95.</param>
    /// <returns>More rows and more seeds than there are.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static SampleNeeded NeededBeyond(PairedDifferences differences, double leastEffect, double power = 0.8, double level = 0.95)
    {
        SampleNeeded needed = Needed(differences, leastEffect, power, level);
        return needed.Rows <= differences.Rows && needed.Seeds <= differences.Seeds ? Needed(differences, leastEffect, power, level, differences.Mean, more: 1) : needed;
    }

    private static SampleNeeded Needed(PairedDifferences differences, double leastEffect, double power, double level, double effect, int more)
    {
        ArgumentNullException.ThrowIfNull(differences);
        Quantiles.CheckLevel(level);
        Quantiles.CheckLevel(power, nameof(power));
        Verdict.CheckLeastEffect(leastEffect);
        VarianceParts parts = differences.Variances();

        // Rows as the interval sees them, with the two that it adds.
        double[] rows = PairedInterval.WithTwoMore(differences);
        double added = (rows.Sum(row => row * row) / rows.Length) - (differences.Mean * differences.Mean) - parts.Rows - (parts.Rest / differences.Seeds);
        parts = parts with { Rows = parts.Rows + Math.Max(0, added) };
        double spread = Quantiles.TwoSidedNormal(power);
        double rowsPerGroup = (double)differences.Rows / differences.IndependentRows;
        int seedsNow = differences.Seeds, groupsNow = differences.IndependentRows;
        int? groups = Least(groupsNow + more, MostRows, count => Tells(seedsNow, count)), seeds = Least(seedsNow + more, MostSeeds, count => Tells(count, groupsNow));
        (int, int)? both = null;
        for (int factor = 2; groups is null && seeds is null && both is null && seedsNow * factor <= MostSeeds && groupsNow * (long)factor <= MostRows; factor *= 2)
        {
            both = Tells(seedsNow * factor, groupsNow * factor) ? (seedsNow * factor, ToRows(groupsNow * factor)) : null;
        }

        return new SampleNeeded { Rows = groups is { } some ? ToRows(some) : null, Seeds = seeds, Both = both };

        int ToRows(int count) => (int)Math.Min(int.MaxValue, Math.Ceiling(count * rowsPerGroup));

        bool Tells(int seedCount, int rowCount)
        {
            double noise = (1 - PairedInterval.NoiseTakenOff(seedCount, level)) * parts.Rest / rowCount;
            double bySeeds = Quantiles.TwoSidedFlatT(level, seedCount) * Math.Sqrt((parts.Seeds + noise) / seedCount);
            double byRows = Quantiles.TwoSidedNormal(level) * Math.Sqrt((parts.Rows + (parts.Rest / seedCount)) / rowCount);
            double reach = double.Hypot(bySeeds, byRows) + (spread * Math.Sqrt(parts.OfMean(seedCount, rowCount)));
            return Math.Abs(effect) < leastEffect ? Math.Abs(effect) + reach <= leastEffect : reach < Math.Abs(effect);
        }
    }

    /// <summary>The least count that does, where more always do if fewer do; null where the most does not.</summary>
    private static int? Least(int from, int most, Func<int, bool> does)
    {
        int high = Math.Max(1, from);
        while (!does(high))
        {
            if (high >= most)
            {
                return null;
            }

            high = (int)Math.Min(most, 2L * high);
        }

        int low = from - 1;
        while (high - low > 1)
        {
            int middle = low + ((high - low) / 2);
            (low, high) = middle >= from && does(middle) ? (low, middle) : (middle, high);
        }

        return high;
    }
}

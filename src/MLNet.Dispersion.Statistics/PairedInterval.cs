namespace MLNet.Dispersion.Statistics;

/// <summary>Intervals of the mean of <see cref="PairedDifferences"/>. Pure functions, thread-safe.</summary>
public static class PairedInterval
{
    /// <summary>
    /// Computes the interval that decides: for the mean over all seeds and all rows there could have been, of which these are a sample each.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Each limit is as far from the mean as the hypotenuse of two distances (Banerjee 1961; Zou and Donner 2008): that of an interval over rows of each row's mean over seeds, the further one of Student's limit and of one
    /// corrected for skewness, whose short arm is too short with few values; and a quantile times the standard error that comes from seeds. The quantile is Student's for S - 1 degrees of freedom, made larger (by 8 % with
    /// three seeds, 5 % with five, 2 % with ten) so that it holds for flat distributions of seeds too, of which few often agree by chance (Gayen 1949). The seeds' mean square holds the noise that
    /// the rows' holds already, and so much is taken off that it counts once, by the rows' quantile. For normal values such an interval holds the truth at least as often as promised; the usual one, with Satterthwaite's
    /// degrees of freedom, does not with few seeds (docs/measured-verdict.md).
    /// </para>
    /// <para>
    /// Two rows are added to the rows' variance, one above and one below 0, each as large as the typical row that differs: for right and wrong answers of one seed this is Bonett and Price's interval (2012).
    /// So a few rows that all agree do not pass for certainty.
    /// </para>
    /// </remarks>
    /// <param name="differences">The differences.</param>
    /// <param name="level">The level, above 0 and below 1. Default 0.95.</param>
    /// <returns>The mean and its limits.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The level is outside its range.</exception>
    public static Interval SeedsByRows(PairedDifferences differences, double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(differences);
        Quantiles.CheckLevel(level);
        Interval rows = Rows(differences, level);
        VarianceParts parts = differences.Variances();
        double variance = Math.Max(0, parts.SeedMeanSquare - (NoiseTakenOff(differences.Seeds, level) * parts.Rest)) / differences.Seeds / differences.IndependentRows;
        double seeds = Quantiles.TwoSidedFlatT(level, differences.Seeds) * Math.Sqrt(variance);
        double mean = differences.Mean;
        return new Interval { Estimate = mean, Lower = mean - double.Hypot(seeds, mean - rows.Lower), Upper = mean + double.Hypot(seeds, rows.Upper - mean), Level = level };
    }

    /// <summary>Computes Student's t interval over the seeds' means: for other seeds on the same rows. Beside the interval that decides; it says nothing of other rows.</summary>
    /// <param name="differences">The differences.</param>
    /// <param name="level">The level, above 0 and below 1. Default 0.95.</param>
    /// <exception cref="ArgumentOutOfRangeException">The level is outside its range.</exception>
    public static Interval Seeds(PairedDifferences differences, double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(differences);
        return MeanInterval.T(differences.SeedMeans, level);
    }

    /// <summary>Computes an interval over the rows' means over seeds: for other rows and these very models. Beside the interval that decides; it says nothing of other seeds.</summary>
    /// <param name="differences">The differences.</param>
    /// <param name="level">The level, above 0 and below 1. Default 0.95.</param>
    /// <exception cref="ArgumentOutOfRangeException">The level is outside its range.</exception>
    public static Interval Rows(PairedDifferences differences, double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(differences);
        double[] rows = WithTwoMore(differences);
        Interval even = MeanInterval.T(rows, level), skewed = MeanInterval.SkewT(rows, level);
        double mean = differences.Mean;
        return new Interval
        {
            Estimate = mean,
            Lower = mean - (even.Estimate - Math.Min(even.Lower, skewed.Lower)),
            Upper = mean + (Math.Max(even.Upper, skewed.Upper) - even.Estimate),
            Level = level,
        };
    }

    /// <summary>What part of the noise is taken off the seeds' mean square: as much as the rows' part of the interval has it by its own, smaller quantile.</summary>
    internal static double NoiseTakenOff(int seeds, double level)
    {
        double ratio = Quantiles.TwoSidedNormal(level) / Quantiles.TwoSidedFlatT(level, seeds);
        return ratio * ratio;
    }

    /// <summary>The rows' means, and two more: the typical size of those that are not 0, above and below.</summary>
    internal static double[] WithTwoMore(PairedDifferences differences)
    {
        double[] rows = differences.RowMeans;
        double squares = 0;
        int differing = 0;
        foreach (double row in rows)
        {
            squares += row * row;
            differing += row == 0 ? 0 : 1;
        }

        double typical = differing > 0 ? Math.Sqrt(squares / differing) : differences.Counts ? 1 : 0;
        return [.. rows, typical, -typical];
    }
}

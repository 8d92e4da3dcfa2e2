namespace MLNet.Dispersion.Statistics;

/// <summary>Intervals of the mean of independent values, such as the differences of paired runs. Pure functions, thread-safe.</summary>
public static class MeanInterval
{
    /// <summary>Computes Student's t interval, exact for values with a normal distribution however few they are.</summary>
    /// <param name="values">The values, at least two, finite.</param>
    /// <param name="level">The level, above 0 and below 1. Default 0.95.</param>
    /// <returns>Mean and limits.</returns>
    /// <exception cref="ArgumentException">There are fewer than two values, or one is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The level is outside its range.</exception>
    public static Interval T(IReadOnlyList<double> values, double level = 0.95)
    {
        Quantiles.CheckSample(values, nameof(values));
        Quantiles.CheckLevel(level);
        (double mean, double error) = SampleStatistics.Mean(values);
        double half = Quantiles.TwoSidedT(level, values.Count - 1) * error;
        return new Interval { Estimate = mean, Lower = mean - half, Upper = mean + half, Level = level };
    }

    /// <summary>Computes a t interval that is corrected for skewness (Hall 1992, "On the removal of skewness by transformation"): its longer arm lies on the side of the long tail.</summary>
    /// <remarks>
    /// As accurate as the bootstrap's t interval to the same order, and without random numbers: the same values always give the same limits. Where there is so much skewness that the longer arm
    /// would become more than about half as long again as the t interval's, it is taken for less: the correction holds for moderate skewness, and what few values show of it is chance.
    /// </remarks>
    /// <param name="values">The values, at least two, finite.</param>
    /// <param name="level">The level, above 0 and below 1. Default 0.95.</param>
    /// <returns>Mean and limits.</returns>
    /// <exception cref="ArgumentException">There are fewer than two values, or one is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The level is outside its range.</exception>
    public static Interval SkewT(IReadOnlyList<double> values, double level = 0.95)
    {
        Quantiles.CheckSample(values, nameof(values));
        Quantiles.CheckLevel(level);
        const double MostSkewed = 0.75;
        int n = values.Count;
        double mean = values.Average(), squares = 0, cubes = 0;
        foreach (double value in values)
        {
            double distance = value - mean;
            squares += distance * distance;
            cubes += distance * distance * distance;
        }

        double deviation = Math.Sqrt(squares / (n - 1));
        double quantile = Quantiles.TwoSidedT(level, n - 1) / Math.Sqrt(n);
        double skewness = squares > 0 ? Math.Clamp(cubes / n / Math.Pow(squares / n, 1.5), -MostSkewed / quantile, MostSkewed / quantile) : 0;
        return new Interval { Estimate = mean, Lower = mean - (deviation * Unskewed(quantile)), Upper = mean - (deviation * Unskewed(-quantile)), Level = level };

        // The inverse of Hall's cubic, which makes the t statistic nearly symmetric; without skewness it changes nothing.
        double Unskewed(double t) => Math.Abs(skewness) < 1e-6 ? t : 3 / skewness * (Math.Cbrt(1 + (skewness * (t - (skewness / (6 * n))))) - 1);
    }
}

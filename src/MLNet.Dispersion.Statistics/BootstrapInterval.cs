using System.Globalization;
using MathNet.Numerics.Distributions;

namespace MLNet.Dispersion.Statistics;

/// <summary>Intervals of any figure of a sample, by drawing samples from the sample. Pure functions of their arguments, the seed among them; thread-safe.</summary>
public static class BootstrapInterval
{
    /// <summary>Computes a bias-corrected and accelerated interval (BCa; Efron 1987).</summary>
    /// <remarks>
    /// Of the bootstrap's intervals it is the one that works for any figure, not only for means, keeps to a figure's range, is the same whatever growing function the figure is taken through, and corrects for skewness.
    /// It needs some twenty values: over three seeds no bootstrap is honest, since three values hardly say how much values differ. For means <see cref="MeanInterval.SkewT"/> is nearer to its level and needs no drawing.
    /// </remarks>
    /// <param name="count">How many values the sample has, at least 2.</param>
    /// <param name="figure">The figure of a sample, given as places in the list of values, which may be repeated. Must be finite.</param>
    /// <param name="level">The level, above 0 and below 1. Default 0.95.</param>
    /// <param name="resamples">How many samples are drawn, at least 100. Default 2000.</param>
    /// <param name="seed">Of the drawing. Default 1.</param>
    /// <returns>The figure of the sample itself, and limits.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="ArgumentException">The figure of a sample is not finite.</exception>
    public static Interval Bca(int count, Func<IReadOnlyList<int>, double> figure, double level = 0.95, int resamples = 2000, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(figure);
        Quantiles.CheckLevel(level);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 100);
        int[] all = [.. Enumerable.Range(0, count)];
        double estimate = Finite(figure(all));
        var random = new Random(seed);
        var drawn = new int[count];
        var figures = new double[resamples];
        for (int i = 0; i < resamples; i++)
        {
            for (int k = 0; k < count; k++)
            {
                drawn[k] = random.Next(count);
            }

            figures[i] = Finite(figure(drawn));
        }

        Array.Sort(figures);

        // Half of the ties count as below, or a figure with few values would look biased.
        double below = (figures.Count(value => value < estimate) + (0.5 * figures.Count(value => value == estimate))) / resamples;
        double bias = Normal.InvCDF(0, 1, Math.Clamp(below, 0.5 / resamples, 1 - (0.5 / resamples)));
        double acceleration = Acceleration(all, figure);
        return new Interval { Estimate = estimate, Lower = Limit((1 - level) / 2), Upper = Limit((1 + level) / 2), Level = level };

        double Limit(double share)
        {
            double shifted = bias + Normal.InvCDF(0, 1, share);
            return Quantile(figures, Normal.CDF(0, 1, bias + (shifted / (1 - (acceleration * shifted)))));
        }
    }

    /// <summary>Computes the BCa interval of a mean.</summary>
    /// <param name="values">The values, at least two, finite.</param>
    /// <param name="level">The level, above 0 and below 1. Default 0.95.</param>
    /// <param name="resamples">How many samples are drawn, at least 100. Default 2000.</param>
    /// <param name="seed">Of the drawing. Default 1.</param>
    /// <returns>Mean and limits.</returns>
    /// <exception cref="ArgumentException">There are fewer than two values, or one is not finite.</exception>
    public static Interval Mean(IReadOnlyList<double> values, double level = 0.95, int resamples = 2000, int seed = 1)
    {
        Quantiles.CheckSample(values, nameof(values));
        return Bca(values.Count, places => places.Sum(place => values[place]) / places.Count, level, resamples, seed);
    }

    /// <summary>Computes the standard error of a figure of a mean, such as exp of a mean loss: the standard deviation of the figure over samples drawn from the sample.</summary>
    /// <remarks>Where values differ by several units, exp of their mean is so skewed that its slope understates the error by half; there even this one is rough, since it hangs on the largest values.</remarks>
    /// <param name="values">The values, at least two, finite.</param>
    /// <param name="ofMean">The figure of a mean.</param>
    /// <param name="resamples">How many samples are drawn, at least 100. Default 10,000.</param>
    /// <param name="seed">Of the drawing. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="ArgumentException">There are fewer than two values, or one is not finite.</exception>
    public static double StandardError(IReadOnlyList<double> values, Func<double, double> ofMean, int resamples = 10_000, int seed = 1)
    {
        Quantiles.CheckSample(values, nameof(values));
        ArgumentNullException.ThrowIfNull(ofMean);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 100);
        var random = new Random(seed);
        var figures = new double[resamples];
        for (int i = 0; i < resamples; i++)
        {
            double sum = 0;
            for (int k = 0; k < values.Count; k++)
            {
                sum += values[random.Next(values.Count)];
            }

            figures[i] = ofMean(sum / values.Count);
        }

        double mean = figures.Average();
        return Math.Sqrt(figures.Sum(figure => (figure - mean) * (figure - mean)) / (resamples - 1));
    }

    /// <summary>How fast the figure's spread grows with the figure: the skewness of its values without one of the sample at a time.</summary>
    private static double Acceleration(int[] all, Func<IReadOnlyList<int>, double> figure)
    {
        double[] without = [.. all.Select(left => Finite(figure([.. all.Where(place => place != left)])))];
        double mean = without.Average();
        double squares = without.Sum(value => (mean - value) * (mean - value)), cubes = without.Sum(value => Math.Pow(mean - value, 3));
        return squares > 0 ? cubes / (6 * Math.Pow(squares, 1.5)) : 0;
    }

    /// <summary>Of sorted values, straight lines between neighbours.</summary>
    private static double Quantile(double[] sorted, double share)
    {
        double place = Math.Clamp(share, 0, 1) * (sorted.Length - 1);
        int low = (int)place, high = Math.Min(low + 1, sorted.Length - 1);
        return sorted[low] + ((place - low) * (sorted[high] - sorted[low]));
    }

    private static double Finite(double value) => double.IsFinite(value)
        ? value
        : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The figure of a drawn sample is {value}; it must be finite for every sample, also where values are repeated or left out."));
}

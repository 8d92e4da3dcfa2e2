using System.Globalization;

namespace MLNet.Dispersion.Statistics;

/// <summary>Holm's correction for several tests at once. Pure functions, thread-safe.</summary>
public static class Holm
{
    /// <summary>Corrects p values: those at or below a bound b may all be called significant, and one of them is so by chance with a probability of at most b, whatever the tests have to do with one another (Holm 1979).</summary>
    /// <param name="ps">The p values, each from 0 to 1.</param>
    /// <returns>As many corrected ones, in the same order, each at least its own and at most 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A value is not from 0 to 1.</exception>
    public static IReadOnlyList<double> Adjust(IReadOnlyList<double> ps)
    {
        ArgumentNullException.ThrowIfNull(ps);
        foreach ((int index, double p) in ps.Index())
        {
            if (p is not (>= 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(nameof(ps), p, string.Create(CultureInfo.InvariantCulture, $"Number {index} is {p}; a p value is from 0 to 1."));
            }
        }

        var adjusted = new double[ps.Count];
        double largest = 0;
        foreach ((int place, int index) in Enumerable.Range(0, ps.Count).OrderBy(index => ps[index]).Index())
        {
            largest = Math.Max(largest, Math.Min(1, (ps.Count - place) * ps[index]));
            adjusted[index] = largest;
        }

        return adjusted;
    }
}

using System.Globalization;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.RootFinding;

namespace MLNet.Dispersion.Statistics;

/// <summary>Quantiles of distributions, and what all intervals check.</summary>
internal static class Quantiles
{
    /// <summary>Beyond so many degrees of freedom the t distribution is the normal one to six digits.</summary>
    private const double ManyDegrees = 1e7;

    /// <summary>Up to so much of a tail the library's quantile is used; it seeks between -800 and 800, and takes the upper tail from 1, so that it fails beyond.</summary>
    private const double SmallTail = 1e-4;

    /// <summary>Above the logarithm of any quantile of a level below 1.</summary>
    private const double LogLargest = 40;

    /// <summary>The number that |t| stays below with probability <paramref name="level"/>.</summary>
    internal static double TwoSidedT(double level, double degrees)
    {
        double tail = 1 - level;
        return degrees > ManyDegrees ? TwoSidedNormal(level)
            : tail > SmallTail && degrees >= 2 ? StudentT.InvCDF(0, 1, degrees, (1 + level) / 2)
            : Math.Exp(Brent.FindRoot(log => Math.Log(2 * StudentT.CDF(0, 1, degrees, -Math.Exp(log)) / tail), -LogLargest, LogLargest, accuracy: 1e-12));
    }

    /// <summary>
    /// Student's number for the mean of so many values, larger by what it lacks where their distribution is flat: few such values lie close together by chance more often than normal ones, and their own spread then says too
    /// little. To the first order in the kurtosis (Gayen 1949) it holds for the flattest distribution with one peak, the uniform one.
    /// </summary>
    internal static double TwoSidedFlatT(double level, int count)
    {
        const double FlatKurtosis = -1.2;
        double t = TwoSidedT(level, count - 1);
        double share = t * t / ((t * t) + count - 1);

        // P(|T| > t) is greater by -kurtosis / 6 * t f(t) ((n + 4) share - 3) / (n + 1), where f is the density of t.
        double lack = -FlatKurtosis / 12 * (((count + 4) * share) - 3) / (count + 1);
        return t * (1 + Math.Max(0, lack));
    }

    /// <summary>The number that a standard normal deviate's size stays below with probability <paramref name="level"/>.</summary>
    internal static double TwoSidedNormal(double level) => -Normal.InvCDF(0, 1, (1 - level) / 2);

    internal static void CheckLevel(double level, string name = "level")
    {
        if (level is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(name, level, string.Create(CultureInfo.InvariantCulture, $"The level is {level}; it must be above 0 and below 1, such as 0.95."));
        }
    }

    internal static void CheckSample(IReadOnlyList<double> values, string name)
    {
        ArgumentNullException.ThrowIfNull(values, name);
        if (values.Count < 2)
        {
            throw new ArgumentException($"An interval needs at least 2 values; there {(values.Count == 1 ? "is 1" : "is none")}. One value says nothing of how much values differ.", name);
        }

        foreach ((int index, double value) in values.Index())
        {
            if (!double.IsFinite(value))
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Value {index} is {value}; an interval needs finite values."), name);
            }
        }
    }
}

using System.Globalization;
using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion.Benchmarks;

/// <summary>Figures as tables tell them.</summary>
internal static class Told
{
    /// <summary>A number with its sign.</summary>
    public static string Signed(double value, string format = "0.000") => (value < 0 ? "-" : "+") + Math.Abs(value).ToString(format, CultureInfo.InvariantCulture);

    /// <summary>The word of a difference, and its interval; positive is better.</summary>
    /// <param name="differences">Pair by pair, at least two.</param>
    /// <param name="level">Of the interval, Student's t.</param>
    /// <param name="leastEffect">What matters.</param>
    /// <param name="format">Of the numbers.</param>
    public static string Word(IReadOnlyList<double> differences, double level, double leastEffect, string format = "0.000")
    {
        Interval interval = MeanInterval.T(differences, level);
        return $"*{Verdict.Of(interval, leastEffect).Text}*: {Signed(interval.Estimate, format)}, {Signed(interval.Lower, format)} to {Signed(interval.Upper, format)}";
    }
}

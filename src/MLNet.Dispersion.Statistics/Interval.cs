using System.Globalization;

namespace MLNet.Dispersion.Statistics;

/// <summary>An estimate with its confidence interval. Immutable and thread-safe.</summary>
public sealed record Interval
{
    /// <summary>Gets the estimate. It need not be the interval's middle: of skewed values the longer arm lies on the side of the long tail.</summary>
    public required double Estimate { get; init; }

    /// <summary>Gets the lower limit.</summary>
    public required double Lower { get; init; }

    /// <summary>Gets the upper limit, at least the lower one.</summary>
    public required double Upper { get; init; }

    /// <summary>Gets how often such intervals hold the true value, above 0 and below 1: 0.95 for the usual one.</summary>
    public required double Level { get; init; }

    /// <summary>Gets the middle between the limits.</summary>
    public double Middle => (Lower + Upper) / 2;

    /// <summary>Gets the distance of the limits.</summary>
    public double Width => Upper - Lower;

    /// <summary>Tells whether a value lies in the interval, its limits included.</summary>
    /// <param name="value">The value.</param>
    public bool Contains(double value) => value >= Lower && value <= Upper;

    /// <summary>Takes estimate and limits through a growing function, such as from a difference of losses to a ratio of perplexities.</summary>
    /// <param name="growing">The function; it must never fall.</param>
    /// <returns>The interval of what the function gives, of the same level.</returns>
    /// <exception cref="ArgumentException">The function fell between the limits.</exception>
    public Interval Through(Func<double, double> growing)
    {
        ArgumentNullException.ThrowIfNull(growing);
        Interval through = this with { Estimate = growing(Estimate), Lower = growing(Lower), Upper = growing(Upper) };
        return through.Lower <= through.Upper
            ? through
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The function gives {through.Lower} at the lower limit {Lower} and {through.Upper} at the upper limit {Upper}; it must never fall."), nameof(growing));
    }

    /// <summary>Writes estimate and limits, each with its sign, as in <c>+0.012, 95 % interval -0.004 to +0.028</c>.</summary>
    public override string ToString() => ToString("0.####");

    /// <summary>Writes estimate and limits in a format of numbers.</summary>
    /// <param name="format">The format of the numbers without their signs, such as <c>0.000</c>.</param>
    public string ToString(string format) =>
        string.Create(CultureInfo.InvariantCulture, $"{Signed(Estimate, format)}, {100 * Level:0.#} % interval {Signed(Lower, format)} to {Signed(Upper, format)}");

    internal static string Signed(double value, string format)
    {
        string text = Math.Abs(value).ToString(format, CultureInfo.InvariantCulture);
        return (text.Any(digit => digit is >= '1' and <= '9') || !double.IsFinite(value) ? value < 0 ? "-" : "+" : "") + text;
    }
}

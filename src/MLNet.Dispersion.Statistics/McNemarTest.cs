using System.Globalization;
using MathNet.Numerics.Distributions;

namespace MLNet.Dispersion.Statistics;

/// <summary>McNemar's test of two models on the same rows: whether the rows that only one of them has right could be so divided by chance. Immutable and thread-safe.</summary>
public sealed record McNemarTest
{
    private McNemarTest(int gained, int lost, double exact, double mid) => (Gained, Lost, ExactP, MidP) = (gained, lost, exact, mid);

    /// <summary>Gets how many rows only the first model has right.</summary>
    public int Gained { get; }

    /// <summary>Gets how many rows only the second model has right.</summary>
    public int Lost { get; }

    /// <summary>Gets the exact two-sided p, from the binomial distribution; never below its promise, and rather above it with few rows.</summary>
    public double ExactP { get; }

    /// <summary>Gets the two-sided mid-p, which counts half of what was seen itself: nearer to its promise on average (Fagerland, Lydersen and Laake 2013).</summary>
    public double MidP { get; }

    /// <summary>Tests counts.</summary>
    /// <param name="gained">How many rows only the first model has right, at least 0.</param>
    /// <param name="lost">How many rows only the second model has right, at least 0.</param>
    /// <returns>The test; both p are 1 where no row differs.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative.</exception>
    public static McNemarTest Of(int gained, int lost)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(gained);
        ArgumentOutOfRangeException.ThrowIfNegative(lost);
        int count = checked(gained + lost), fewer = Math.Min(gained, lost);
        if (count == 0)
        {
            return new(gained, lost, 1, 1);
        }

        double below = Binomial.CDF(0.5, count, fewer), here = Binomial.PMF(0.5, count, fewer);
        return new(gained, lost, Math.Min(1, 2 * below), Math.Min(1, (2 * below) - here));
    }

    /// <summary>Tests answers.</summary>
    /// <param name="first">Whether the first model has each row right.</param>
    /// <param name="second">Whether the second has.</param>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static McNemarTest Of(IReadOnlyList<bool> first, IReadOnlyList<bool> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return first.Count == second.Count
            ? Of(first.Zip(second).Count(pair => pair is { First: true, Second: false }), first.Zip(second).Count(pair => pair is { First: false, Second: true }))
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"McNemar's test needs the same rows; there are {first.Count} and {second.Count}."), nameof(second));
    }
}

namespace MLNet.Dispersion;

/// <summary>Says where the ticks of an axis of a <see cref="LineChart"/> are, and what is written there. Immutable and thread-safe.</summary>
public sealed class ChartAxis
{
    private ChartAxis(NiceTicks ticks) => Ticks = ticks;

    /// <summary>The ticks.</summary>
    internal NiceTicks Ticks { get; }

    /// <summary>Places ticks at round numbers that cover values, labelled in invariant culture.</summary>
    /// <param name="min">The least value, finite.</param>
    /// <param name="max">The greatest, finite; may be the least again.</param>
    /// <param name="whole">Whether only whole numbers are meaningful. Default false.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not finite, or the greatest is below the least.</exception>
    public static ChartAxis Covering(double min, double max, bool whole = false)
    {
        Check(min, max);
        return new(NiceTicks.Covering(min, max, whole: whole));
    }

    /// <summary>Places ticks at powers of ten that cover positive values; the chart's positions are decimal logarithms.</summary>
    /// <param name="min">The decimal logarithm of the least value, finite.</param>
    /// <param name="max">That of the greatest, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A logarithm is not finite, or the greatest is below the least.</exception>
    public static ChartAxis Decades(double min, double max)
    {
        Check(min, max);
        return new(NiceTicks.Decades(min, max));
    }

    /// <summary>Places ticks where you say, such as at the indices of categories.</summary>
    /// <param name="positions">Where, rising; at least one.</param>
    /// <param name="labels">What is written there, as many.</param>
    /// <exception cref="ArgumentException">There is no position, or there are more or fewer labels than positions.</exception>
    public static ChartAxis At(IReadOnlyList<double> positions, IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(positions);
        ArgumentNullException.ThrowIfNull(labels);
        return positions.Count > 0 && positions.Count == labels.Count ? new(new NiceTicks([.. positions], [.. labels])) : throw new ArgumentException(
            $"An axis has a label at each position and at least one; there are {positions.Count} positions and {labels.Count} labels.", nameof(positions));
    }

    private static void Check(double min, double max)
    {
        if (!double.IsFinite(min) || !double.IsFinite(max) || max < min)
        {
            throw new ArgumentOutOfRangeException(nameof(max), max, FormattableString.Invariant($"An axis from {min} to {max} cannot be drawn: both ends must be finite, and the first not above the last."));
        }
    }
}

namespace MLNet.Dispersion;

/// <summary>One line of a <see cref="LineChart"/>. Immutable and thread-safe.</summary>
public sealed record ChartLine
{
    /// <summary>Gets what the legend says.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the horizontal positions, rising; at least one.</summary>
    public required IReadOnlyList<double> Xs { get; init; }

    /// <summary>Gets the values, as many; one that is not finite leaves a gap, so that values with gaps between them are single points.</summary>
    public required IReadOnlyList<double> Ys { get; init; }

    /// <summary>Gets whether markers may stand on it: not on a line through other lines' points. Default true.</summary>
    public bool HasMarkers { get; init; } = true;
}

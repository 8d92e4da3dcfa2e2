namespace MLNet.Dispersion;

/// <summary>Lines of your own over one pair of axes, for <see cref="CondensationPlots.Lines"/>: told apart by colour and marker in a legend. Immutable and thread-safe.</summary>
public sealed record LineChart
{
    /// <summary>Gets what stands above it, and its name for screen readers.</summary>
    public required string Title { get; init; }

    /// <summary>Gets what it shows in words, for screen readers.</summary>
    public required string Description { get; init; }

    /// <summary>Gets the label of the horizontal axis.</summary>
    public required string XLabel { get; init; }

    /// <summary>Gets the label of the vertical axis.</summary>
    public required string YLabel { get; init; }

    /// <summary>Gets the horizontal axis; its ticks outside the lines are left out.</summary>
    public required ChartAxis X { get; init; }

    /// <summary>Gets the vertical axis, which reaches from its first tick to its last.</summary>
    public required ChartAxis Y { get; init; }

    /// <summary>Gets the lines, at least one.</summary>
    public required IReadOnlyList<ChartLine> Lines { get; init; }

    /// <summary>Gets the sentences below it. Default none.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

namespace MLNet.Dispersion;

/// <summary>Holds one layer of a <see cref="CondensationComparison"/>. Immutable and thread-safe.</summary>
public sealed record LayerComparison
{
    /// <summary>Gets the layer's name in the report before.</summary>
    public required string Name { get; init; }

    /// <summary>Gets its place in depth, 0..1.</summary>
    public required double Fraction { get; init; }

    /// <summary>Gets every measure before; NaN where there is none.</summary>
    public required IReadOnlyDictionary<GeometryMeasure, double> Before { get; init; }

    /// <summary>Gets every measure after, at the same depth; NaN where there is none.</summary>
    public required IReadOnlyDictionary<GeometryMeasure, double> After { get; init; }

    /// <summary>Gets the change, after minus before, in the measure's unit; NaN where either is missing.</summary>
    /// <param name="measure">The measure.</param>
    public double Change(GeometryMeasure measure) => After[measure] - Before[measure];
}

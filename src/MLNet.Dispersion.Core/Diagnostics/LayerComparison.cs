namespace MLNet.Dispersion;

/// <summary>One layer in a <see cref="CondensationComparison"/>. Immutable and thread-safe.</summary>
/// <param name="Name">The layer's name in the report before.</param>
/// <param name="Fraction">Its place in depth, 0..1.</param>
/// <param name="Before">Every measure before; NaN where there is none.</param>
/// <param name="After">Every measure after, at the same depth; NaN where there is none.</param>
public sealed record LayerComparison(
    string Name,
    double Fraction,
    IReadOnlyDictionary<GeometryMeasure, double> Before,
    IReadOnlyDictionary<GeometryMeasure, double> After)
{
    /// <summary>After minus before, in the measure's unit; NaN where either is missing.</summary>
    /// <param name="measure">The measure.</param>
    public double Change(GeometryMeasure measure) => After[measure] - Before[measure];
}

namespace MLNet.Dispersion;

/// <summary>What a model scored on each test row.</summary>
/// <param name="Values">The figures, finite.</param>
/// <param name="Weights">How much each row counts, such as its tokens; null where all count the same.</param>
internal sealed record RowFigures(IReadOnlyList<double> Values, IReadOnlyList<double>? Weights = null)
{
    /// <summary>The (weighted) mean.</summary>
    internal double Mean => Weights is null ? Values.Average() : Values.Zip(Weights, (value, weight) => value * weight).Sum() / Weights.Sum();

    /// <summary>The figures of several test sets behind one another.</summary>
    internal static RowFigures Joined(IReadOnlyList<RowFigures> parts) =>
        new([.. parts.SelectMany(part => part.Values)], parts[0].Weights is null ? null : [.. parts.SelectMany(part => part.Weights!)]);
}

namespace MLNet.Dispersion;

/// <summary>Says how far the figures of a <see cref="CondensationReport"/> would vary over other texts of the same kind: 95 % bootstrap intervals over its texts. Immutable and thread-safe.</summary>
/// <remarks>
/// Texts (of more than 512 texts 512 groups of them) are drawn from the measured ones with all their layers together, 1000 times, and the intervals are bias-corrected and accelerated (BCa). They speak of other texts, not of other models, and not of how few layers a trend
/// has: <see cref="CondensationTrend.PValue"/> does.
/// </remarks>
public sealed record CondensationIntervals
{
    /// <summary>The fewest texts that intervals are made of: of fewer no bootstrap is honest.</summary>
    public const int FewestTexts = 10;

    /// <summary>Gets the intervals of the mean cosines with the diagonal in, by hidden state 0..N.</summary>
    public required IReadOnlyList<Interval> MeanCosine { get; init; }

    /// <summary>Gets the intervals of the mean cosines between different tokens, by hidden state 0..N.</summary>
    public required IReadOnlyList<Interval> MeanCosineOffDiagonal { get; init; }

    /// <summary>Gets the interval of Spearman's rho of the mean cosines (diagonal in) with depth; null when all layers are equal.</summary>
    public required Interval? Spearman { get; init; }

    /// <summary>Gets the interval of Spearman's rho of the mean cosines between different tokens; null when all layers are equal.</summary>
    public required Interval? SpearmanOffDiagonal { get; init; }

    /// <summary>Gets the limits as columns of a table: <c>MeanCosineLower</c>, <c>MeanCosineUpper</c>, <c>MeanCosineOffDiagonalLower</c> and <c>MeanCosineOffDiagonalUpper</c>, each with a value for hidden states 0..N.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> Columns => new OrderedDictionary<string, IReadOnlyList<double>>
    {
        ["MeanCosineLower"] = [.. MeanCosine.Select(interval => interval.Lower)],
        ["MeanCosineUpper"] = [.. MeanCosine.Select(interval => interval.Upper)],
        ["MeanCosineOffDiagonalLower"] = [.. MeanCosineOffDiagonal.Select(interval => interval.Lower)],
        ["MeanCosineOffDiagonalUpper"] = [.. MeanCosineOffDiagonal.Select(interval => interval.Upper)],
    };
}

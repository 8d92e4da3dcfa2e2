namespace MLNet.Dispersion;

/// <summary>Holds the mean entries of a token-by-token cosine matrix.</summary>
public readonly record struct CosineMeans
{
    /// <summary>Gets the mean over all entries, the diagonal included: the published figure. -1..1; NaN where there is none.</summary>
    public required double Full { get; init; }

    /// <summary>Gets the mean over pairs of different tokens alone: the cleaner figure, free of the ones on the diagonal. -1..1; NaN where there is none.</summary>
    public required double OffDiagonal { get; init; }
}

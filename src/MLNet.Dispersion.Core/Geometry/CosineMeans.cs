namespace MLNet.Dispersion;

/// <summary>The mean entry of a token-by-token cosine matrix.</summary>
/// <param name="Full">Over all entries, the diagonal included: the published figure. -1..1.</param>
/// <param name="OffDiagonal">Over pairs of different tokens alone: the cleaner figure, free of the ones on the diagonal. -1..1.</param>
public readonly record struct CosineMeans(double Full, double OffDiagonal);

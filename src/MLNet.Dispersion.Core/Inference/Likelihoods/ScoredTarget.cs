namespace MLNet.Dispersion;

/// <summary>A token whose probability is asked for.</summary>
/// <param name="Position">The row of the states that predict it.</param>
/// <param name="Token">Its id.</param>
/// <param name="Sequence">The sequence whose score it adds to.</param>
internal readonly record struct ScoredTarget(long Position, int Token, int Sequence);

namespace MLNet.Dispersion;

/// <summary>How far a measurement is.</summary>
/// <param name="Texts">Texts measured.</param>
/// <param name="TotalTexts">Texts that there will be at most.</param>
/// <param name="Elapsed">Since the first text.</param>
/// <param name="Remaining">Estimate of the time left, from the texts so far.</param>
public readonly record struct CondensationProgress(int Texts, int TotalTexts, TimeSpan Elapsed, TimeSpan Remaining);

namespace MLNet.Dispersion;

/// <summary>How far a generation is.</summary>
/// <param name="FinishedTexts">Texts that are complete.</param>
/// <param name="TotalTexts">Texts asked for.</param>
/// <param name="NewTokens">Tokens written so far, of all texts.</param>
/// <param name="Elapsed">Since the start.</param>
public readonly record struct GenerationProgress(int FinishedTexts, int TotalTexts, long NewTokens, TimeSpan Elapsed);

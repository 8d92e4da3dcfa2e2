namespace MLNet.Dispersion;

/// <summary>How the texts of a <see cref="CondensationReport"/> were chosen and cut.</summary>
/// <param name="MaxTokens">Texts were cut to this many tokens.</param>
/// <param name="MinTokens">Shorter texts were left out.</param>
/// <param name="SampleSeed">The seed of the sample; null for the first texts.</param>
/// <param name="TruncatedTexts">Measured texts that were cut.</param>
/// <param name="SpectrumTexts">Measured texts whose singular values were taken.</param>
internal sealed record ReportSampling(int MaxTokens, int MinTokens, int? SampleSeed, int TruncatedTexts, int SpectrumTexts);

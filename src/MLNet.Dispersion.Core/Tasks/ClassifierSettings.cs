namespace MLNet.Dispersion;

/// <summary>What classifier.json holds.</summary>
/// <param name="ClassCount">Classes (K).</param>
/// <param name="MaxSequenceLength">The most tokens of one text, or of one pair.</param>
/// <param name="ScoringPrecision">The number type of scoring; files of builds that had no choice do not name it.</param>
/// <param name="Pairs">Whether it reads pairs of texts.</param>
internal sealed record ClassifierSettings(int ClassCount, int MaxSequenceLength, Precision ScoringPrecision = Precision.Float32, bool Pairs = false) : IHeadSettings
{
    /// <inheritdoc/>
    string? IHeadSettings.Problem => ClassCount < 2 || MaxSequenceLength < 1
        ? $"It names {ClassCount} classes and texts of {MaxSequenceLength} tokens; there must be at least 2 and 1"
        : null;
}

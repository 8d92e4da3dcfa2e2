namespace MLNet.Dispersion.Training;

/// <summary>What classifier.json holds.</summary>
/// <param name="FormatVersion">Of the file; this build writes and reads 1.</param>
/// <param name="ClassCount">Classes (K).</param>
/// <param name="MaxSequenceLength">The most tokens of one text.</param>
internal sealed record ClassifierSettings(int FormatVersion, int ClassCount, int MaxSequenceLength)
{
    internal const int CurrentVersion = 1;
}

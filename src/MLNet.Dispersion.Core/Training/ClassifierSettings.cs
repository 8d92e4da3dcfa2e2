namespace MLNet.Dispersion.Training;

/// <summary>What classifier.json holds.</summary>
/// <param name="FormatVersion">Of the file; this build writes and reads 1.</param>
/// <param name="ClassCount">Classes (K).</param>
/// <param name="MaxSequenceLength">The most tokens of one text.</param>
/// <param name="ScoringPrecision">The number type of scoring; files of builds that had no choice do not name it.</param>
internal sealed record ClassifierSettings(int FormatVersion, int ClassCount, int MaxSequenceLength, Precision ScoringPrecision = Precision.Float32)
{
    internal const int CurrentVersion = 1;
}

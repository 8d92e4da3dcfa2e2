namespace MLNet.Dispersion;

/// <summary>What regressor.json holds.</summary>
/// <param name="MaxSequenceLength">The most tokens of one text, or of one pair.</param>
/// <param name="ScoringPrecision">The number type of scoring.</param>
/// <param name="Pairs">Whether it reads pairs of texts.</param>
/// <param name="LabelMean">The mean of the training labels, which is added to what the head says.</param>
/// <param name="LabelDeviation">Their standard deviation, by which what the head says is multiplied first.</param>
internal sealed record RegressorSettings(int MaxSequenceLength, Precision ScoringPrecision, bool Pairs, double LabelMean, double LabelDeviation) : IHeadSettings
{
    /// <inheritdoc/>
    string? IHeadSettings.Problem =>
        MaxSequenceLength < 1 ? $"It names texts of {MaxSequenceLength} tokens; there must be at least 1"
        : !double.IsFinite(LabelMean) || !double.IsFinite(LabelDeviation) || LabelDeviation <= 0 ? $"It names labels of mean {LabelMean} and standard deviation {LabelDeviation}; both must be finite, the latter above 0"
        : null;
}

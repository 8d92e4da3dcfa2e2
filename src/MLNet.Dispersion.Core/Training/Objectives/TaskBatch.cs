namespace MLNet.Dispersion;

/// <summary>One micro-batch: tokens, what is to be predicted, and how many predictions that makes.</summary>
/// <param name="Tokens">The padded sequences.</param>
/// <param name="Labels">Class indices, one a row; empty where the task has none, as language modelling, whose targets are the tokens themselves.</param>
/// <param name="TargetCount">Predictions whose losses are summed: rows, or tokens with a successor.</param>
internal sealed record TaskBatch(TokenBatch Tokens, long[] Labels, long TargetCount)
{
    /// <summary>Numbers to be predicted, one a row; empty where the task has none.</summary>
    internal float[] Values { get; init; } = [];
}

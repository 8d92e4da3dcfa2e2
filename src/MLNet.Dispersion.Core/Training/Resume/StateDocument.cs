namespace MLNet.Dispersion;

/// <summary>state.json of a training checkpoint: all that is no tensor and no geometry.</summary>
/// <param name="Step">Optimizer steps done, which is also the position in schedule and data.</param>
/// <param name="OptimizerStep">Updates that the moments have seen.</param>
/// <param name="BestEpoch">The best validated epoch, or null.</param>
/// <param name="BestLoss">Its validation loss; infinite before there is one.</param>
/// <param name="EpochsWithoutGain">Epochs since then.</param>
/// <param name="HasBestWeights">Whether there is a file of best weights.</param>
/// <param name="Tokens">Real tokens trained on.</param>
/// <param name="Elapsed">Time of training, earlier sessions included.</param>
/// <param name="Stepping">The part of it spent in steps.</param>
/// <param name="History">The figures of every step.</param>
/// <param name="Result">What training returned, without its histories; null before its end.</param>
internal sealed record StateDocument(
    int Step,
    int OptimizerStep,
    int? BestEpoch,
    double BestLoss,
    int EpochsWithoutGain,
    bool HasBestWeights,
    long Tokens,
    TimeSpan Elapsed,
    TimeSpan Stepping,
    IReadOnlyList<TrainingProgress> History,
    ResultDocument? Result)
{
    internal static readonly VersionedJson<StateDocument> Format =
        new("training checkpoint's state", "mlnet-dispersion/training-state", 1, "It is damaged, or of another build.") { UnmarkedVersionField = "", Compact = true };
}

/// <summary>What training returned, as state.json holds it: without histories, enums by their numbers.</summary>
internal sealed record ResultDocument(
    int StopReason,
    int Steps,
    long TrainedTokens,
    TimeSpan Elapsed,
    int? BestEpoch,
    double? BestValidationLoss,
    double LearningRate,
    int ComputeType,
    string? Warning)
{
    internal static ResultDocument Of(FineTuneResult result) => new(
        (int)result.StopReason, result.Steps, result.TrainedTokens, result.Elapsed, result.BestEpoch, result.BestValidationLoss, result.LearningRate, (int)result.ComputeType, result.Warning);

    internal FineTuneResult ToResult(StateDocument state, IReadOnlyList<GeometrySnapshot> geometry) =>
        new((FineTuneStopReason)StopReason, Steps, TrainedTokens, Elapsed, BestEpoch, BestValidationLoss, LearningRate, (Precision)ComputeType, Warning, [.. state.History], geometry)
        {
            ResumedFromStep = state.Step,
        };
}

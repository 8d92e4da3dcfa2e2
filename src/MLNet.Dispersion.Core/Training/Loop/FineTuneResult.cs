namespace MLNet.Dispersion;

/// <summary>What a training run did.</summary>
/// <param name="StopReason">Why it ended.</param>
/// <param name="Steps">Optimizer steps done.</param>
/// <param name="TrainedTokens">Real tokens trained on.</param>
/// <param name="Elapsed">Its duration, validation included, and sessions before an interruption.</param>
/// <param name="BestEpoch">The epoch whose weights were kept (from 1); null when there was no validation and the last weights were kept.</param>
/// <param name="BestValidationLoss">The task loss on the held-out rows with those weights, or null.</param>
/// <param name="LearningRate">The peak learning rate that was used.</param>
/// <param name="ComputeType">The number type that matrix products ran in: <see cref="Precision.Float32"/> or <see cref="Precision.BFloat16Mixed"/>.</param>
/// <param name="Warning">What the caller should know, such as a divergence, or null.</param>
/// <param name="History">The figures of every optimizer step.</param>
/// <param name="GeometryHistory">How condensed the backbone was on a fixed sample of texts: before training first, with the weights that were kept last,
/// in between as <see cref="FineTuneOptions.GeometryProbe"/> asks; empty without it, or where no text has two tokens.</param>
public sealed record FineTuneResult(
    FineTuneStopReason StopReason,
    int Steps,
    long TrainedTokens,
    TimeSpan Elapsed,
    int? BestEpoch,
    double? BestValidationLoss,
    double LearningRate,
    Precision ComputeType,
    string? Warning,
    IReadOnlyList<TrainingProgress> History,
    IReadOnlyList<GeometrySnapshot> GeometryHistory)
{
    /// <summary>The step of the checkpoint that this call went on from (<see cref="FineTuneOptions.Checkpoints"/>); equal to <see cref="Steps"/> where training had ended already; null when it began at the beginning.</summary>
    public int? ResumedFromStep { get; init; }
}

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
    FineTuneResult? Result);

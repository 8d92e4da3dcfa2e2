namespace MLNet.Dispersion;

/// <summary>Which of a training run's checkpoints stands for the run.</summary>
public enum CheckpointRule
{
    /// <summary>The last one: no score has a say in it.</summary>
    Last,

    /// <summary>The one with the highest mean of the very benchmarks that are reported. Chosen by looking, so its scores are too good: the best of six looks better than the last without being it.</summary>
    BestMean,
}

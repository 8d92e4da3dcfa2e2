namespace MLNet.Dispersion;

/// <summary>What a training run did.</summary>
public sealed record FineTuneResult
{
    /// <summary>Gets why it ended.</summary>
    public required FineTuneStopReason StopReason { get; init; }

    /// <summary>Gets the optimizer steps done.</summary>
    public required int Steps { get; init; }

    /// <summary>Gets the real tokens trained on.</summary>
    public required long TrainedTokens { get; init; }

    /// <summary>Gets its duration, validation included, and sessions before an interruption.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Gets the epoch whose weights were kept (from 1); null when there was no validation and the last weights were kept.</summary>
    public int? BestEpoch { get; init; }

    /// <summary>Gets the task loss on the held-out rows with those weights, or null.</summary>
    public double? BestValidationLoss { get; init; }

    /// <summary>Gets the rows that were held out to choose the best weights by, by their places in the training data from 0, in rising order; empty where none were.</summary>
    public IReadOnlyList<int> HeldOutRows { get; init; } = [];

    /// <summary>Gets the peak learning rate that was used.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Gets the numbers of the run, those of the options where they name one, else the defaults for its rows and weights.</summary>
    public FineTuneDefaults? Numbers { get; init; }

    /// <summary>Gets the number type that matrix products ran in: <see cref="Precision.Float32"/> or <see cref="Precision.BFloat16Mixed"/>.</summary>
    public required Precision ComputeType { get; init; }

    /// <summary>Gets what the caller should know, such as a divergence, or null.</summary>
    public string? Warning { get; init; }

    /// <summary>Gets the types, such as <c>Q4_1</c>, in which a GGUF file held the weights that training began from: it worked on the float32 values that they stand for, not on the file's few bits. Empty where they were not quantised.</summary>
    public IReadOnlyList<string> DequantizedFrom { get; init; } = [];

    /// <summary>Gets the figures of every optimizer step.</summary>
    public IReadOnlyList<TrainingProgress> History { get; init; } = [];

    /// <summary>
    /// Gets how condensed the backbone was on a fixed sample of texts: before training first, with the weights that were kept last,
    /// in between as <see cref="FineTuneOptions.GeometryProbe"/> asks; empty without it, or where no text has two tokens.
    /// </summary>
    public IReadOnlyList<GeometrySnapshot> GeometryHistory { get; init; } = [];

    /// <summary>Gets the step of the checkpoint that this call went on from (<see cref="FineTuneOptions.Checkpoints"/>); equal to <see cref="Steps"/> where training had ended already; null when it began at the beginning.</summary>
    public int? ResumedFromStep { get; init; }
}

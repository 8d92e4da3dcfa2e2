namespace MLNet.Dispersion;

/// <summary>Says how far an evaluation is.</summary>
public readonly record struct EvaluationProgress
{
    /// <summary>Gets the task that runs.</summary>
    public required string Task { get; init; }

    /// <summary>Gets the task's place, from 0.</summary>
    public required int TaskIndex { get; init; }

    /// <summary>Gets how many tasks there are.</summary>
    public required int TaskCount { get; init; }

    /// <summary>Gets how many sequences of the task went through the model (for perplexity: texts).</summary>
    public required int Done { get; init; }

    /// <summary>Gets how many of these there are; null when that is not known.</summary>
    public required int? Total { get; init; }

    /// <summary>Gets the time since the task began.</summary>
    public required TimeSpan Elapsed { get; init; }
}

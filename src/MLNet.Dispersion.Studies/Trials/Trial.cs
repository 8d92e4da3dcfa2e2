namespace MLNet.Dispersion.Studies;

/// <summary>One point of the search space and what came of it. Immutable and thread-safe: a snapshot of what the storage held when it was read.</summary>
public sealed record Trial
{
    /// <summary>Gets its number in the study, from 0, without gaps.</summary>
    public required int Number { get; init; }

    /// <summary>Gets where it stands.</summary>
    public required TrialState State { get; init; }

    /// <summary>Gets the sampled values; null between a worker's taking the number and its drawing the values.</summary>
    public ParameterSet? Parameters { get; init; }

    /// <summary>Gets what the trial is for: <see cref="SampledKind"/>, or the word under which it was asked for in advance.</summary>
    public string Kind { get; init; } = SampledKind;

    /// <summary>Gets how many times a worker has taken it; above 1 when a worker died over it.</summary>
    public int Attempt { get; init; }

    /// <summary>Gets the worker that has it or had it last; null while it waits for its first.</summary>
    public string? Worker { get; init; }

    /// <summary>Gets the first objective's values along the way, by step.</summary>
    public IReadOnlyList<IntermediateValue> Intermediate { get; init; } = [];

    /// <summary>Gets one value for each objective; empty unless <see cref="TrialState.Completed"/>.</summary>
    public IReadOnlyList<double> Values { get; init; } = [];

    /// <summary>Gets further figures and words that the trial's code noted, by name.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets why it failed; null otherwise.</summary>
    public string? FailureReason { get; init; }

    /// <summary>Gets when its last worker took it, UTC; null while it waits for its first.</summary>
    public DateTime? StartedUtc { get; init; }

    /// <summary>Gets when it ended, UTC; null until then.</summary>
    public DateTime? FinishedUtc { get; init; }

    /// <summary>The <see cref="Kind"/> of trials whose values the sampler drew.</summary>
    public const string SampledKind = "sampled";

    /// <summary>Gets whether it has ended, in whichever way.</summary>
    public bool IsFinished => State is TrialState.Completed or TrialState.Pruned or TrialState.Failed;
}

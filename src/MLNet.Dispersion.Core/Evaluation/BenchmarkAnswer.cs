namespace MLNet.Dispersion;

/// <summary>Holds what a model said to one choice of one item: a request of a benchmark. Immutable and thread-safe.</summary>
public sealed record BenchmarkAnswer
{
    /// <summary>Gets the task's short name.</summary>
    public required string Task { get; init; }

    /// <summary>Gets the item's name.</summary>
    public required string Item { get; init; }

    /// <summary>Gets the choice's place in the item, from 0.</summary>
    public required int Choice { get; init; }

    /// <summary>Gets the whole prompt: preamble, examples and question.</summary>
    public required string Context { get; init; }

    /// <summary>Gets what was scored after it.</summary>
    public required string Continuation { get; init; }

    /// <summary>Gets the natural logarithm of the continuation's probability; at most 0.</summary>
    public required double LogLikelihood { get; init; }

    /// <summary>Gets whether greedy decoding writes the continuation, token for token.</summary>
    public required bool IsGreedy { get; init; }

    /// <summary>Gets how many tokens stand before those of the continuation, before any cut.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Gets how many tokens of the continuation there are, before any cut.</summary>
    public required int ContinuationTokens { get; init; }

    /// <summary>Gets how many tokens were cut on the left because the whole was too long.</summary>
    public required int CutTokens { get; init; }
}

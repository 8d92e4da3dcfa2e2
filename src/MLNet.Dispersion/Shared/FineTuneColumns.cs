namespace MLNet.Dispersion;

/// <summary>The columns that an estimator reads and adds. Immutable and thread-safe.</summary>
public sealed record FineTuneColumns
{
    /// <summary>Gets what is learned.</summary>
    public required FineTuneTask Task { get; init; }

    /// <summary>Gets the text column that is read.</summary>
    public required string Text { get; init; }

    /// <summary>Gets the label column that is read; null for language models, and for embeddings of pairs without scores.</summary>
    public string? Label { get; init; }

    /// <summary>Gets the added column of scores: class probabilities, the logarithm of the odds, or a number; null for language models.</summary>
    public string? Score { get; init; }

    /// <summary>Gets the added column of answers; null for regressions and language models.</summary>
    public string? PredictedLabel { get; init; }

    /// <summary>Gets a language model's added column of log-likelihoods; null where it has none.</summary>
    public string? LogLikelihood { get; init; }

    /// <summary>Gets a language model's added column of token counts; null where it has none.</summary>
    public string? TokenCount { get; init; }
}

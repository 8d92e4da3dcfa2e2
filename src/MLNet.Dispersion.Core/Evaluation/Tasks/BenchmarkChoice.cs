namespace MLNet.Dispersion;

/// <summary>Holds one choice of a <see cref="BenchmarkItem"/>: the log-likelihood of <see cref="Continuation"/> after <see cref="Context"/> is its score.</summary>
public sealed record BenchmarkChoice
{
    /// <summary>Gets what the model reads. May be empty: then the beginning-of-sequence token alone stands before the continuation.</summary>
    public required string Context { get; init; }

    /// <summary>Gets what the model is asked about, its leading separator included; not empty.</summary>
    public required string Continuation { get; init; }

    /// <summary>Gets the choice as it is scored, not empty: where the continuation is a letter, the letter. Its length normalises <see cref="BenchmarkMetric.NormalizedAccuracy"/>.</summary>
    public required string Text { get; init; }

    /// <summary>Gets whether it is right.</summary>
    public required bool IsTrue { get; init; }
}

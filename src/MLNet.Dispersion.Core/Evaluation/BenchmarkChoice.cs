namespace MLNet.Dispersion;

/// <summary>One choice of an item: the log-likelihood of <paramref name="Continuation"/> after <paramref name="Context"/> is its score.</summary>
/// <param name="Context">What the model reads. May be empty: then the beginning-of-sequence token alone stands before the continuation.</param>
/// <param name="Continuation">What it is asked about, its leading separator included; not empty.</param>
/// <param name="Text">The choice itself, not empty; its length normalises <see cref="BenchmarkMetric.NormalizedAccuracy"/>.</param>
/// <param name="IsTrue">Whether it is right.</param>
public sealed record BenchmarkChoice(string Context, string Continuation, string Text, bool IsTrue);

namespace MLNet.Dispersion;

/// <summary>How perplexity is measured. The defaults are disjoint windows of the model's context length.</summary>
/// <remarks>Not thread-safe while it is edited; it is copied when measuring starts.</remarks>
public sealed class WordPerplexityOptions
{
    /// <summary>Gets or sets what the result calls the model. Default null: the model's own name.</summary>
    public string? ModelName { get; set; }

    /// <summary>Gets or sets the most tokens that the model reads at once (W). Default null: its context length. 1..context length.</summary>
    public int? WindowTokens { get; set; }

    /// <summary>
    /// Gets or sets how far the window moves (S). Default null: W, disjoint windows, as the usual harnesses do it: cheapest, and the first tokens of a window have
    /// little context. Less: sliding windows, in which every token after the first window has at least W - S tokens before it, at W / S times the cost. 1..W.
    /// </summary>
    public int? StrideTokens { get; set; }

    /// <summary>Gets or sets the most windows of one forward pass. Default 16. At least 1. Results do not depend on it beyond rounding.</summary>
    public int BatchSize { get; set; } = 16;

    /// <summary>Gets or sets the most tokens of one forward pass, padding included; a longer window has a pass to itself. Default 8192. At least 1.</summary>
    public int MaxBatchTokens { get; set; } = 8192;

    /// <summary>Gets or sets who is told about every forward pass, on the measuring thread; the total is known only when the number of texts is. Default null.</summary>
    public IProgress<EvaluationProgress>? Progress { get; set; }

    /// <summary>Gets or sets the token that is checked before each text and before each forward pass.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Makes a copy, which later edits do not reach.</summary>
    public WordPerplexityOptions Clone() => (WordPerplexityOptions)MemberwiseClone();

    /// <summary>Checks the ranges.</summary>
    /// <param name="contextLength">The most tokens that the model takes.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    internal void Validate(int contextLength)
    {
        AtLeast(nameof(WindowTokens), WindowTokens, 1);
        AtLeast(nameof(StrideTokens), StrideTokens, 1);
        AtLeast(nameof(BatchSize), BatchSize, 1);
        AtLeast(nameof(MaxBatchTokens), MaxBatchTokens, 1);
        int window = WindowTokens ?? contextLength;
        AtMost(nameof(WindowTokens), window, contextLength, "the model's context length");
        AtMost(nameof(StrideTokens), StrideTokens, window, "the window, or tokens would be left out");
    }

    private static void AtLeast(string name, int? value, int least)
    {
        if (value < least)
        {
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"{nameof(WordPerplexityOptions)}.{name} is {value}; it must be at least {least}."));
        }
    }

    private static void AtMost(string name, int? value, int most, string what)
    {
        if (value > most)
        {
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"{nameof(WordPerplexityOptions)}.{name} is {value}; it must be at most {most}, {what}."));
        }
    }
}

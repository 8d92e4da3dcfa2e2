namespace MLNet.Dispersion;

/// <summary>How perplexity is measured. The defaults are disjoint windows of the model's context length.</summary>
/// <remarks>Not thread-safe while it is edited; it is copied when measuring starts.</remarks>
public sealed class WordPerplexityOptions : IOptions
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

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(WordPerplexityOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.AtLeast(WindowTokens, 1);
        require.AtLeast(StrideTokens, 1);
        require.AtLeast(BatchSize, 1);
        require.AtLeast(MaxBatchTokens, 1);
    }

    /// <summary>Checks every value, and what depends on the model.</summary>
    /// <param name="contextLength">The most tokens that it takes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    internal void ValidateFor(int contextLength)
    {
        Validate();
        var require = new Require(nameof(WordPerplexityOptions));
        int window = WindowTokens ?? contextLength;
        require.That(window <= contextLength, window, FormattableString.Invariant($"at most {contextLength}, the model's context length"), nameof(WindowTokens));
        require.That(StrideTokens is null || StrideTokens <= window, StrideTokens, FormattableString.Invariant($"at most {window}, the window, or tokens would be left out"));
    }
}

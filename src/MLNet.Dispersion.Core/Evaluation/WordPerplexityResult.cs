namespace MLNet.Dispersion;

/// <summary>Says how well a model predicts running text. Immutable and thread-safe.</summary>
public sealed record WordPerplexityResult
{
    /// <summary>Gets the model's name.</summary>
    public required string Model { get; init; }

    /// <summary>Gets how many texts had at least one token.</summary>
    public required int Texts { get; init; }

    /// <summary>Gets the sum over all tokens of the natural logarithm of their probability; at most 0.</summary>
    public required double LogLikelihood { get; init; }

    /// <summary>Gets how many words there are: stretches without white space.</summary>
    public required long Words { get; init; }

    /// <summary>Gets how many tokens there are, every one scored once.</summary>
    public required long Tokens { get; init; }

    /// <summary>Gets how many UTF-8 bytes the texts have.</summary>
    public required long Bytes { get; init; }

    /// <summary>Gets the most tokens that the model read at once.</summary>
    public required int WindowTokens { get; init; }

    /// <summary>Gets how many tokens the window moved.</summary>
    public required int StrideTokens { get; init; }

    /// <summary>Gets word perplexity first, then token perplexity and bits per byte, with standard errors over texts (ratio estimator; NaN with one text).</summary>
    public required IReadOnlyList<BenchmarkScore> Scores { get; init; }

    /// <summary>Gets the word perplexity, exp(-<see cref="LogLikelihood"/> / <see cref="Words"/>): comparable between tokenizers. At least 1, lower is better.</summary>
    public double WordPerplexity => Scores[0].Value;

    /// <summary>Gets the token perplexity, exp(-<see cref="LogLikelihood"/> / <see cref="Tokens"/>): comparable between models of one tokenizer only.</summary>
    public double TokenPerplexity => Scores[1].Value;

    /// <summary>Gets the bits per byte, -log2-likelihood / <see cref="Bytes"/>: comparable between tokenizers.</summary>
    public double BitsPerByte => Scores[2].Value;

    /// <summary>Writes one line, in invariant culture.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Model}: word perplexity {WordPerplexity:F3} ± {Scores[0].StandardError:F3}, token perplexity {TokenPerplexity:F3}, {BitsPerByte:F4} bits per byte over {Words:N0} words, {Tokens:N0} tokens, {Texts:N0} texts (window {WindowTokens}, stride {StrideTokens})");

    internal BenchmarkResult ToBenchmark(string task, string title) => new() { Task = task, Title = title, Items = Texts, AvailableItems = Texts, FewShot = 0, Scores = Scores, ScoredTokens = Tokens };
}

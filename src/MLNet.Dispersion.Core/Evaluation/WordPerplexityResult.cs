namespace MLNet.Dispersion;

/// <summary>How well a model predicts running text. Immutable and thread-safe.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Texts">Texts that had at least one token.</param>
/// <param name="LogLikelihood">Sum over all tokens of the natural logarithm of their probability.</param>
/// <param name="Words">Words: stretches without white space.</param>
/// <param name="Tokens">Tokens, every one scored once.</param>
/// <param name="Bytes">UTF-8 bytes of the texts.</param>
/// <param name="WindowTokens">The most tokens that the model read at once.</param>
/// <param name="StrideTokens">How far the window moved.</param>
/// <param name="Scores">Word perplexity first, then token perplexity and bits per byte, with standard errors over texts (ratio estimator; NaN with one text).</param>
public sealed record WordPerplexityResult(
    string Model,
    int Texts,
    double LogLikelihood,
    long Words,
    long Tokens,
    long Bytes,
    int WindowTokens,
    int StrideTokens,
    IReadOnlyList<BenchmarkScore> Scores)
{
    /// <summary>exp(-<see cref="LogLikelihood"/> / <see cref="Words"/>): comparable between tokenizers. At least 1, lower is better.</summary>
    public double WordPerplexity => Scores[0].Value;

    /// <summary>exp(-<see cref="LogLikelihood"/> / <see cref="Tokens"/>): comparable between models of one tokenizer only.</summary>
    public double TokenPerplexity => Scores[1].Value;

    /// <summary>-log2-likelihood / <see cref="Bytes"/>: comparable between tokenizers.</summary>
    public double BitsPerByte => Scores[2].Value;

    /// <summary>One line, in invariant culture.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Model}: word perplexity {WordPerplexity:F3} ± {Scores[0].StandardError:F3}, token perplexity {TokenPerplexity:F3}, {BitsPerByte:F4} bits per byte over {Words:N0} words, {Tokens:N0} tokens, {Texts:N0} texts (window {WindowTokens}, stride {StrideTokens})");

    internal BenchmarkResult ToBenchmark(string task, string title) => new(task, title, Texts, Texts, 0, Scores) { ScoredTokens = Tokens };
}

namespace MLNet.Dispersion;

/// <summary>How well a language model predicts texts. Immutable.</summary>
public sealed record LanguageModelMetrics
{
    /// <summary>Gets the texts that have a token.</summary>
    public required long Texts { get; init; }

    /// <summary>Gets their tokens.</summary>
    public required long Tokens { get; init; }

    /// <summary>Gets the mean negative log-likelihood of a token, nats, at least 0; a long text counts more than a short one.</summary>
    public required double MeanNegativeLogLikelihood { get; init; }

    /// <summary>Gets the perplexity of a token, at least 1: the exponential of <see cref="MeanNegativeLogLikelihood"/>. Models with other tokenizers are compared by <see cref="WordPerplexity"/> instead.</summary>
    public double Perplexity => Math.Exp(MeanNegativeLogLikelihood);
}

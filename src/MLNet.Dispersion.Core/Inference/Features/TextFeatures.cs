namespace MLNet.Dispersion;

/// <summary>What a language model makes of a text.</summary>
public sealed record TextFeatures
{
    /// <summary>Gets the pooled final hidden state, <c>[F]</c>; zeros for a text without tokens. Null where it was not asked for.</summary>
    public required float[]? Embedding { get; init; }

    /// <summary>Gets how many of the text's own tokens were looked at, without one that the model puts in front. Where the tokenizer's frame belongs to the text, as an encoder's does, and in vectors without likelihoods that of a sentence-transformers directory, it is counted.</summary>
    public required int TokenCount { get; init; }

    /// <summary>Gets whether the text had more tokens than <see cref="TextFeatureExtractor.MaxTokens"/> and was cut off.</summary>
    public required bool Truncated { get; init; }

    /// <summary>Gets the sum of the natural logarithms of the tokens' probabilities, each after all before it, the first after the token that begins texts; 0 for a text without tokens. Null where it was not asked for.</summary>
    public required double? LogLikelihood { get; init; }

    /// <summary>Gets exp(-<see cref="LogLikelihood"/> / <see cref="TokenCount"/>), at least 1: between how many tokens the model wavers at each place. NaN for a text without tokens; null without a likelihood.</summary>
    public double? Perplexity => LogLikelihood is { } sum ? (TokenCount == 0 ? double.NaN : Math.Exp(-sum / TokenCount)) : null;
}

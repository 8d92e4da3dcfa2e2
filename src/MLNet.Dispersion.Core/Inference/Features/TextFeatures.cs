namespace MLNet.Dispersion;

/// <summary>What a language model makes of a text.</summary>
/// <param name="Embedding">The pooled final hidden state, <c>[F]</c>; zeros for a text without tokens. Null where it was not asked for.</param>
/// <param name="TokenCount">The text's own tokens that were looked at, without one that the model puts in front.</param>
/// <param name="LogLikelihood">The sum of the natural logarithms of their probabilities, each after all before it, the first after the token that begins texts; 0 for a text without tokens. Null where it was not asked for.</param>
public sealed record TextFeatures(float[]? Embedding, int TokenCount, double? LogLikelihood)
{
    /// <summary>exp(-<see cref="LogLikelihood"/> / <see cref="TokenCount"/>), at least 1: between how many tokens the model wavers at each place. NaN for a text without tokens; null without a likelihood.</summary>
    public double? Perplexity => LogLikelihood is { } sum ? (TokenCount == 0 ? double.NaN : Math.Exp(-sum / TokenCount)) : null;
}

namespace MLNet.Dispersion;

/// <summary>What a language model may add to a row, in the order of the columns.</summary>
internal enum LanguageModelOutput
{
    /// <summary>The feature vector.</summary>
    Features,

    /// <summary>The number of tokens.</summary>
    TokenCount,

    /// <summary>The summed log-likelihood.</summary>
    LogLikelihood,

    /// <summary>The perplexity.</summary>
    Perplexity,

    /// <summary>What is written behind the text.</summary>
    Continuation,
}

namespace MLNet.Dispersion.Models;

/// <summary>Says what hidden state 0 is made of: token embeddings, and what is added to them.</summary>
public sealed record EmbeddingSpec
{
    /// <summary>Gets a value indicating whether a learned table of positions is added.</summary>
    public bool HasPositions { get; init; }

    /// <summary>Gets the rows that the table of positions has before that of the first token. At least 0; default 0.</summary>
    public int PositionOffset { get; init; }

    /// <summary>Gets the token that positions leave out: other tokens are counted from its id + 1 on, and its own position is its id, as in RoBERTa. Null where each token counts.</summary>
    public int? UncountedToken { get; init; }

    /// <summary>Gets the features of the table of tokens where they are projected to the hidden size; null where they have that size. At least 1.</summary>
    public int? Size { get; init; }

    /// <summary>Gets a value indicating whether the projection, which then has no bias, is of the tokens' embeddings alone, as in OPT 350M; false where it has one and is of the normalised sum, as in ALBERT.</summary>
    public bool ProjectsTokensAlone { get; init; }

    /// <summary>Gets a value indicating whether the embeddings of padding are zero, as in DeBERTa.</summary>
    public bool IsZeroAtPadding { get; init; }

    /// <summary>Gets the rows of a table of token types (first and second text of a pair); 0 for none.</summary>
    public int TokenTypeCount { get; init; }

    /// <summary>Gets the norm of the sum; null for none.</summary>
    public NormSpec? Norm { get; init; }

    /// <summary>Gets what token embeddings are multiplied by before anything is added to them. Above 0; default 1.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Gets the probability of dropping a feature in training, 0..1, 1 excluded; null where the architecture has no dropout in this place, so that <see cref="LanguageBackbone.DropoutProbability"/> brings none either.</summary>
    public double? Dropout { get; init; }
}

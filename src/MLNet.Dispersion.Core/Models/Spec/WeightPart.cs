namespace MLNet.Dispersion.Models;

/// <summary>The pieces of a transformer that hold weights, by what they are for.</summary>
public enum WeightPart
{
    /// <summary>The table of token embeddings.</summary>
    Tokens,

    /// <summary>The table of positions.</summary>
    Positions,

    /// <summary>The table of token types.</summary>
    TokenTypes,

    /// <summary>The norm of the embeddings.</summary>
    EmbeddingNorm,

    /// <summary>The norm behind the last block.</summary>
    FinalNorm,

    /// <summary>The language-model head.</summary>
    Head,

    /// <summary>The dense layer over the first token's state.</summary>
    Pooler,

    /// <summary>A block's norm of its attention branch.</summary>
    AttentionNorm,

    /// <summary>A block's projection of queries, keys and values in one matrix.</summary>
    QueryKeyValue,

    /// <summary>A block's projection of queries.</summary>
    Query,

    /// <summary>A block's projection of keys.</summary>
    Key,

    /// <summary>A block's projection of values.</summary>
    Value,

    /// <summary>A block's norm of query heads.</summary>
    QueryNorm,

    /// <summary>A block's norm of key heads.</summary>
    KeyNorm,

    /// <summary>A block's projection of what attention gives.</summary>
    AttentionOutput,

    /// <summary>A block's norm of its perceptron branch.</summary>
    MlpNorm,

    /// <summary>The layer into a block's perceptron, or the plain one beside the gate.</summary>
    MlpUp,

    /// <summary>The gate of a block's perceptron.</summary>
    MlpGate,

    /// <summary>The layer out of a block's perceptron.</summary>
    MlpDown,
}

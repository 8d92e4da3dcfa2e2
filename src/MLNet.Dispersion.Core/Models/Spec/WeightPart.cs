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

    /// <summary>The projection of embeddings to the hidden size.</summary>
    EmbeddingProjection,

    /// <summary>The projection of final states to the size of embeddings.</summary>
    OutputProjection,

    /// <summary>The table of relative positions, which all blocks share.</summary>
    RelativePositions,

    /// <summary>The norm of that table.</summary>
    RelativeNorm,

    /// <summary>The convolution beside the first block.</summary>
    Convolution,

    /// <summary>The norm of the sum of the first block and the convolution beside it.</summary>
    ConvolutionNorm,

    /// <summary>A block's norm of what its attention branch gives.</summary>
    AttentionOutputNorm,

    /// <summary>A block's norm of what its perceptron branch gives.</summary>
    MlpOutputNorm,

    /// <summary>A block's bias of queries where it stands apart from their matrix. The name is the tensor's whole name.</summary>
    QueryBias,

    /// <summary>A block's bias of values, alike.</summary>
    ValueBias,

    /// <summary>A block's projection of relative positions to queries.</summary>
    PositionQuery,

    /// <summary>A block's projection of relative positions to keys.</summary>
    PositionKey,

    /// <summary>A block's gate and plain layer into its perceptron, in one matrix.</summary>
    MlpGateUp,
}

namespace MLNet.Dispersion.Models;

/// <summary>The sizes of an encoder built as the first Transformer: norms behind the branches, biases everywhere, positions from a table. Families differ in what their keys are called.</summary>
internal sealed record EncoderShape
{
    internal required int Vocabulary { get; init; }

    internal required int Hidden { get; init; }

    internal required int Heads { get; init; }

    internal required int Layers { get; init; }

    internal required int Inner { get; init; }

    /// <summary>Rows of the table of positions.</summary>
    internal required int Positions { get; init; }

    /// <summary>Those of them before that of the first token.</summary>
    internal int Offset { get; init; }

    /// <summary>Token types; 0 for none.</summary>
    internal int Types { get; init; }

    internal required double Epsilon { get; init; }

    internal required double Dropout { get; init; }

    internal required double AttentionDropout { get; init; }

    internal required Activation Activation { get; init; }

    /// <summary>The network; each text is summed up by its first token.</summary>
    internal TransformerSpec Spec()
    {
        var norm = new NormSpec(NormKind.Layer, Epsilon);
        return new TransformerSpec
        {
            VocabularySize = Vocabulary,
            HiddenSize = Hidden,
            LayerCount = Layers,
            ContextLength = Positions - Offset,
            IsCausal = false,
            Embedding = new EmbeddingSpec { HasPositions = true, PositionOffset = Offset, TokenTypeCount = Types, Norm = norm, Dropout = Dropout },
            Block = new BlockSpec
            {
                Order = BlockOrder.NormLast,
                Norm = norm,
                Dropout = Dropout,
                Attention = new AttentionSpec
                {
                    HeadCount = Heads,
                    KeyHeadCount = Heads,
                    HeadSize = Hidden / Heads,
                    HasInputBias = true,
                    HasOutputBias = true,
                    Dropout = AttentionDropout,
                },
                Mlp = new MlpSpec { InnerSize = Inner, Activation = Activation, HasBias = true },
            },
            Summary = SummaryKind.FirstToken,
        };
    }
}

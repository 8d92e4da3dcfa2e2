namespace MLNet.Dispersion.Models;

/// <summary>OPT, its 350M form with norms last and narrow embeddings, and Galactica.</summary>
internal static class OptFamily
{
    // Two rows stand before that of the first token, and no configuration holds the norms' epsilon.
    private const int PositionOffset = 2;
    private const double Epsilon = 1e-5;

    private static readonly WeightNames Names = new()
    {
        Stem =
        [
            (WeightPart.Tokens, "model.decoder.embed_tokens"),
            (WeightPart.Positions, "model.decoder.embed_positions"),
            (WeightPart.OutputProjection, "model.decoder.project_out"),
            (WeightPart.EmbeddingProjection, "model.decoder.project_in"),
            (WeightPart.FinalNorm, "model.decoder.final_layer_norm"),
        ],
        Blocks = "model.decoder.layers",
        Block =
        [
            (WeightPart.Key, "self_attn.k_proj"),
            (WeightPart.Value, "self_attn.v_proj"),
            (WeightPart.Query, "self_attn.q_proj"),
            (WeightPart.AttentionOutput, "self_attn.out_proj"),
            (WeightPart.AttentionNorm, "self_attn_layer_norm"),
            (WeightPart.MlpUp, "fc1"),
            (WeightPart.MlpDown, "fc2"),
            (WeightPart.MlpNorm, "final_layer_norm"),
        ],
        Tail = [(WeightPart.Head, "lm_head")],
        Prefix = "model.",

        // Left over in files of the first conversions.
        IgnoredEndings = ["decoder.version"],
        ArchitectureName = "OPTForCausalLM",
        LoraTargets = ["q_proj", "v_proj"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size", 768);
        int heads = config.Size("num_attention_heads", 12);
        config.RequireDivisible("hidden_size", hidden, "num_attention_heads", heads);
        int vocabulary = config.Size("vocab_size", 50272);
        int context = config.Size("max_position_embeddings", 2048);
        int layers = config.LayerCount("num_hidden_layers", 12);
        int inner = config.Size("ffn_dim", 3072);
        int embedded = config.Size("word_embed_proj_dim", hidden);
        config.RequireParameters(hidden * ((double)vocabulary + context + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        config.RequireZero("layerdrop");
        bool isFirst = config.Flag("do_layer_norm_before", true);
        bool bias = config.Flag("enable_bias", true);
        var norm = new NormSpec(NormKind.Layer, Epsilon) { HasWeight = config.Flag("layer_norm_elementwise_affine", true) };
        double dropout = config.Probability("dropout", 0.1);
        bool isNarrow = embedded != hidden;
        return new Architecture(
            new TransformerSpec
            {
                VocabularySize = vocabulary,
                HiddenSize = hidden,
                LayerCount = layers,
                ContextLength = context,
                IsCausal = true,
                Embedding = new EmbeddingSpec { HasPositions = true, PositionOffset = PositionOffset, Size = isNarrow ? embedded : null, ProjectsTokensAlone = isNarrow },
                Block = new BlockSpec
                {
                    Order = isFirst ? BlockOrder.NormFirst : BlockOrder.NormLast,
                    Norm = norm,
                    Dropout = dropout,
                    Attention = new AttentionSpec
                    {
                        HeadCount = heads,
                        KeyHeadCount = heads,
                        HeadSize = hidden / heads,
                        HasInputBias = bias,
                        HasOutputBias = bias,
                        Dropout = config.Probability("attention_dropout", 0),
                    },
                    Mlp = new MlpSpec { InnerSize = inner, Activation = config.Activation("activation_function", "relu"), HasBias = bias },
                },
                FinalNorm = isFirst && !config.Flag("_remove_final_layer_norm", false) ? norm : null,
                OutputSize = isNarrow ? embedded : null,
                Head = config.Flag("tie_word_embeddings", true) ? HeadKind.Tied : HeadKind.Own,
            },
            Names)
        {
            Heads = [DecoderHeads.Sequence, DecoderHeads.Spans],
        };
    }
}

namespace MLNet.Dispersion.Models;

/// <summary>BLOOM: ALiBi in place of positions, and a norm of the embeddings.</summary>
internal static class BloomFamily
{
    private const int TrainedLength = 2048;

    private static readonly WeightNames Names = new()
    {
        Stem = [(WeightPart.Tokens, "transformer.word_embeddings"), (WeightPart.EmbeddingNorm, "transformer.word_embeddings_layernorm")],
        Blocks = "transformer.h",
        Block =
        [
            (WeightPart.AttentionNorm, "input_layernorm"),
            (WeightPart.QueryKeyValue, "self_attention.query_key_value"),
            (WeightPart.AttentionOutput, "self_attention.dense"),
            (WeightPart.MlpNorm, "post_attention_layernorm"),
            (WeightPart.MlpUp, "mlp.dense_h_to_4h"),
            (WeightPart.MlpDown, "mlp.dense_4h_to_h"),
        ],
        Tail = [(WeightPart.FinalNorm, "transformer.ln_f"), (WeightPart.Head, "lm_head")],
        Prefix = "transformer.",
        ArchitectureName = "BloomForCausalLM",
        LoraTargets = ["query_key_value"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size", 64);
        int heads = config.Size("n_head", 8);
        config.RequireDivisible("hidden_size", hidden, "n_head", heads);
        int vocabulary = config.Size("vocab_size", 250880);
        int layers = config.LayerCount("n_layer", 2);
        int inner = checked(4 * hidden);
        config.RequireParameters(hidden * (vocabulary + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        var norm = new NormSpec(NormKind.Layer, config.Positive("layer_norm_epsilon", 1e-5));
        return new Architecture(
            new TransformerSpec
            {
                VocabularySize = vocabulary,
                HiddenSize = hidden,
                LayerCount = layers,
                ContextLength = config.Size("seq_length", TrainedLength),
                IsCausal = true,
                Embedding = new EmbeddingSpec { Norm = norm },
                Block = new BlockSpec
                {
                    Order = config.Flag("apply_residual_connection_post_layernorm", false) ? BlockOrder.NormedResidual : BlockOrder.NormFirst,
                    Norm = norm,
                    Dropout = config.Probability("hidden_dropout", 0),
                    Attention = new AttentionSpec
                    {
                        HeadCount = heads,
                        KeyHeadCount = heads,
                        HeadSize = hidden / heads,
                        Storage = AttentionStorage.FusedByHead,
                        HasInputBias = true,
                        HasOutputBias = true,
                        Alibi = new AlibiSpec(),
                        Dropout = config.Probability("attention_dropout", 0),
                    },
                    Mlp = new MlpSpec { InnerSize = inner, Activation = Activation.TanhGelu, HasBias = true },
                },
                FinalNorm = norm,
                Head = config.Flag("tie_word_embeddings", true) ? HeadKind.Tied : HeadKind.Own,
            },
            Names)
        {
            Heads = DecoderHeads.All(config, "classifier"),
        };
    }
}

namespace MLNet.Dispersion.Models;

/// <summary>Falcon in its three forms: RW with ALiBi, 7B with one key head, 40B and later with groups of heads.</summary>
internal static class FalconFamily
{
    private static readonly WeightNames Names = new()
    {
        Stem = [(WeightPart.Tokens, "transformer.word_embeddings")],
        Blocks = "transformer.h",
        Block =
        [
            (WeightPart.QueryKeyValue, "self_attention.query_key_value"),
            (WeightPart.AttentionOutput, "self_attention.dense"),
            (WeightPart.MlpUp, "mlp.dense_h_to_4h"),
            (WeightPart.MlpDown, "mlp.dense_4h_to_h"),
            (WeightPart.AttentionNorm, "input_layernorm"),
            (WeightPart.MlpNorm, "post_attention_layernorm"),
        ],
        Tail = [(WeightPart.FinalNorm, "transformer.ln_f"), (WeightPart.Head, "lm_head")],
        Prefix = "transformer.",
        IgnoredEndings = [".rotary_emb.inv_freq"],
        ArchitectureName = "FalconForCausalLM",
        LoraTargets = ["query_key_value"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size", 4544);
        int heads = config.Size("num_attention_heads", 71);
        config.RequireDivisible("hidden_size", hidden, "num_attention_heads", heads);
        bool isNew = config.Flag("new_decoder_architecture", false);
        bool isSingle = !isNew && config.Flag("multi_query", true);
        int keyHeads = isNew ? config.Size("num_kv_heads", heads) : isSingle ? 1 : heads;
        config.RequireDivisible("num_attention_heads", heads, "num_kv_heads", keyHeads);
        int vocabulary = config.Size("vocab_size", 65024);
        int layers = config.LayerCount("num_hidden_layers", 32);
        int inner = config.Size("ffn_hidden_size", checked(4 * hidden));
        config.RequireParameters(hidden * ((2.0 * vocabulary) + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        bool isParallel = isNew || config.Flag("parallel_attn", true);
        int norms = isNew && isParallel ? config.Size("num_ln_in_parallel_attn", 2) : 1;
        if (norms > 2)
        {
            throw config.Wrong("num_ln_in_parallel_attn", $"is {norms}; it must be 1 or 2");
        }

        int size = hidden / heads;
        bool bias = config.Flag("bias", false);
        bool hasSlopes = config.Flag("alibi", false);
        var norm = new NormSpec(NormKind.Layer, config.Positive("layer_norm_epsilon", 1e-5));
        int context = config.Size("max_position_embeddings", 2048);
        RotarySpec? rotary = hasSlopes ? null : new RotaryKeys().Read(config, size);
        var spec = new TransformerSpec
        {
            VocabularySize = vocabulary,
            HiddenSize = hidden,
            LayerCount = layers,
            ContextLength = rotary?.Scaling?.Extended(context) ?? context,
            IsOpenEnded = rotary?.Scaling?.IsOpenEnded ?? false,
            IsCausal = true,
            Embedding = new EmbeddingSpec(),
            Block = new BlockSpec
            {
                Order = !isParallel ? BlockOrder.NormFirst : norms == 2 ? BlockOrder.Parallel : BlockOrder.ParallelOneNorm,
                Norm = norm,
                Dropout = config.Probability("hidden_dropout", 0),
                Attention = new AttentionSpec
                {
                    HeadCount = heads,
                    KeyHeadCount = keyHeads,
                    HeadSize = size,
                    Storage = isSingle ? AttentionStorage.FusedByKind : AttentionStorage.FusedByHead,
                    HasInputBias = bias,
                    HasOutputBias = bias,
                    Rotary = rotary,

                    // The bias is added before scores are divided by the root of a head's features.
                    Alibi = hasSlopes ? new AlibiSpec(1 / Math.Sqrt(size), IsRounded: true) : null,
                    Dropout = config.Probability("attention_dropout", 0),
                },
                Mlp = new MlpSpec { InnerSize = inner, Activation = config.Activation("activation", "gelu"), HasBias = bias },
            },
            FinalNorm = norm,
            Head = config.Flag("tie_word_embeddings", true) ? HeadKind.Tied : HeadKind.Own,
        };
        return new Architecture(spec, norms == 2 ? Names with { Block = [.. Names.Block.Select(named => named.Part switch
        {
            WeightPart.AttentionNorm => (named.Part, "ln_attn"),
            WeightPart.MlpNorm => (named.Part, "ln_mlp"),
            _ => named,
        })] } : Names)
        {
            Heads = DecoderHeads.All(config, "classifier"),
        };
    }
}

namespace MLNet.Dispersion.Models;

/// <summary>MPT: ALiBi, and no biases.</summary>
internal static class MptFamily
{
    private const double Epsilon = 1e-5;
    private const int SteepestExponent = 8;

    private static readonly WeightNames Names = new()
    {
        Stem = [(WeightPart.Tokens, "transformer.wte")],
        Blocks = "transformer.blocks",
        Block =
        [
            (WeightPart.AttentionNorm, "norm_1"),
            (WeightPart.QueryKeyValue, "attn.Wqkv"),
            (WeightPart.AttentionOutput, "attn.out_proj"),
            (WeightPart.MlpNorm, "norm_2"),
            (WeightPart.MlpUp, "ffn.up_proj"),
            (WeightPart.MlpDown, "ffn.down_proj"),
        ],
        Tail = [(WeightPart.FinalNorm, "transformer.norm_f"), (WeightPart.Head, "lm_head")],
        Prefix = "transformer.",
        ArchitectureName = "MptForCausalLM",
        LoraTargets = ["Wqkv"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int hidden = config.Size("d_model", 2048);
        int heads = config.Size("n_heads", 16);
        config.RequireDivisible("d_model", hidden, "n_heads", heads);
        int vocabulary = config.Size("vocab_size", 50368);
        int layers = config.LayerCount("n_layers", 24);

        // Hugging Face does not read expansion_ratio.
        int inner = checked(4 * hidden);
        config.RequireParameters(hidden * ((2.0 * vocabulary) + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        config.RequireFlags(true, "no_bias");
        if (config.Has("logit_scale"))
        {
            throw config.Wrong("logit_scale", "is given, which is not supported for mpt");
        }

        double dropout = 0;
        double? scale = null;
        double? limit = null;
        if (config.Section("attn_config") is { } attention)
        {
            foreach (string key in new[] { "qk_ln", "prefix_lm", "attn_uses_sequence_id" })
            {
                if (attention.Flag(key, false))
                {
                    throw attention.Wrong(key, "is true, which is not supported");
                }
            }

            if (!attention.Flag("alibi", true))
            {
                throw attention.Wrong("alibi", "is false; mpt is supported with ALiBi alone");
            }

            if (attention.Size("alibi_bias_max", SteepestExponent) != SteepestExponent)
            {
                throw attention.Wrong("alibi_bias_max", $"must be {SteepestExponent}");
            }

            attention.OneOf("attn_type", "multihead_attention", ["multihead_attention"]);
            dropout = attention.Probability("attn_pdrop", 0);
            scale = attention.PositiveOrNull("softmax_scale");
            limit = attention.PositiveOrNull("clip_qkv");
        }

        var norm = new NormSpec(NormKind.Layer, config.Positive("layer_norm_epsilon", Epsilon)) { HasBias = false };
        return new Architecture(
            new TransformerSpec
            {
                VocabularySize = vocabulary,
                HiddenSize = hidden,
                LayerCount = layers,
                ContextLength = config.Size("max_seq_len", 2048),
                IsCausal = true,
                Embedding = new EmbeddingSpec { Dropout = config.Probability("emb_pdrop", 0) },
                Block = new BlockSpec
                {
                    Order = BlockOrder.NormFirst,
                    Norm = norm,
                    Dropout = config.Probability("resid_pdrop", 0),
                    Attention = new AttentionSpec
                    {
                        HeadCount = heads,
                        KeyHeadCount = heads,
                        HeadSize = hidden / heads,
                        Storage = AttentionStorage.FusedByKind,
                        Alibi = new AlibiSpec(),
                        Scale = scale,
                        InputLimit = limit,
                        Dropout = dropout,
                    },
                    Mlp = new MlpSpec { InnerSize = inner, Activation = Activation.Gelu },
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

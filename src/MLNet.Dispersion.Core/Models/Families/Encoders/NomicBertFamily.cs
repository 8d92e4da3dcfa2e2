namespace MLNet.Dispersion.Models;

/// <summary>Nomic-BERT: BERT with rotary positions, gates and no biases.</summary>
internal static class NomicBertFamily
{
    private static readonly WeightNames Names = new()
    {
        Stem =
        [
            (WeightPart.Tokens, "embeddings.word_embeddings"),
            (WeightPart.TokenTypes, "embeddings.token_type_embeddings"),
            (WeightPart.EmbeddingNorm, "emb_ln"),
        ],
        Blocks = "encoder.layers",
        Block =
        [
            (WeightPart.QueryKeyValue, "attn.Wqkv"),
            (WeightPart.AttentionOutput, "attn.out_proj"),
            (WeightPart.MlpUp, "mlp.fc11"),
            (WeightPart.MlpGate, "mlp.fc12"),
            (WeightPart.MlpDown, "mlp.fc2"),
            (WeightPart.AttentionNorm, "norm1"),
            (WeightPart.MlpNorm, "norm2"),
        ],
        Tail = [(WeightPart.Pooler, "pooler.dense")],
        Prefix = "nomic_bert.",

        // Releases of Hugging Face's library differ in what they call the head's norm.
        Aliases = [.. new[] { "weight", "bias" }.SelectMany(kind => new[] { $"transform.layer_norm.{kind}", $"transform.LayerNorm.{kind}" }.Select(ending => (ending, $"transform.layernorm.{kind}")))],
        IgnoredBeginnings = ["cls.seq_relationship."],
        ArchitectureName = "NomicBertModel",
        LoraTargets = ["Wqkv"],
    };

    // With these the code that came with the first checkpoints computes what the library does, and nothing else is read; absent they have other defaults.
    private static readonly (string Key, double Supported, double Otherwise)[] FirstNumbers = [("rotary_emb_fraction", 1, 0), ("moe_every_n_layers", 0, 0)];
    private static readonly (string Key, bool Supported, bool Otherwise)[] FirstFlags =
    [
        ("prenorm", false, false), ("parallel_block", false, false), ("rotary_emb_interleaved", false, false), ("use_rms_norm", false, false), ("causal", false, false),
        ("qkv_proj_bias", false, true), ("mlp_fc1_bias", false, true), ("mlp_fc2_bias", false, true), ("scale_attn_weights", true, true), ("scale_attn_by_inverse_layer_idx", false, false),
    ];

    private static readonly string[] FirstSizes = ["vocab_size", "hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size", "max_position_embeddings", "layer_norm_eps"];

    internal static Architecture Read(ConfigReader config)
    {
        CheckFirstForm(config);
        TransformerSpec spec = BertFamily.Spec(config, vocabulary: 30528, types: 2, epsilon: 1e-12);
        AttentionSpec attention = spec.Block.Attention;
        if (config.Size("head_dim", attention.HeadSize) != attention.HeadSize)
        {
            throw config.Wrong("head_dim", $"is {config.Size("head_dim")}; only hidden_size / num_attention_heads = {attention.HeadSize} is supported");
        }

        Activation activation = config.Activation("hidden_act", "silu");
        return new Architecture(
            spec with
            {
                Summary = BertFamily.HasPooler(config, Names.Prefix) ? SummaryKind.Pooler : SummaryKind.FirstToken,
                Embedding = spec.Embedding with { HasPositions = false },
                Block = spec.Block with
                {
                    Attention = attention with { Storage = AttentionStorage.FusedByKind, HasInputBias = false, HasOutputBias = false, Rotary = new RotaryKeys { Theta = 1000 }.Read(config, attention.HeadSize) },
                    Mlp = spec.Block.Mlp with { Activation = activation, IsGated = true, HasBias = false },
                },
            },
            Names)
        {
            Heads =
            [
                EncoderHeads.Pooled(EncoderHeads.Dropout(config)),
                EncoderHeads.Tokens(EncoderHeads.Dropout(config)),
                EncoderHeads.Masked("cls.predictions.transform.dense", "cls.predictions.transform.layernorm", "cls.predictions.decoder", "cls.predictions.bias", activation, spec.Block.Norm),
            ],
        };
    }

    /// <summary>The form of the first checkpoints, whose keys are GPT-2's: read where it is the same network, else refused by its key.</summary>
    private static void CheckFirstForm(ConfigReader config)
    {
        if (!new[] { "n_embd", "n_head", "n_layer", "n_inner", "n_positions", "rotary_emb_base", "rotary_emb_fraction", "activation_function" }.Any(config.Has))
        {
            return;
        }

        if (FirstSizes.FirstOrDefault(key => !config.Has(key)) is { } missing)
        {
            throw config.Wrong(ConfigAliases.Of(config.ModelType).GetValueOrDefault(missing, missing), "is missing; a nomic_bert with the keys of its first form must name it");
        }

        config.OneOf("activation_function", "gelu_new", ["swiglu"]);
        foreach (var (key, supported, otherwise) in FirstNumbers)
        {
            if (config.Number(key, otherwise) != supported)
            {
                throw config.Wrong(key, FormattableString.Invariant($"is {config.Number(key, otherwise)}{(config.Has(key) ? "" : " where it is missing")}; only {supported} is supported for nomic_bert"));
            }
        }

        foreach (var (key, supported, otherwise) in FirstFlags)
        {
            if (config.Flag(key, otherwise) != supported)
            {
                throw config.Wrong(key, $"is {(supported ? "false" : "true")}{(config.Has(key) ? "" : " where it is missing")}, which is not supported for nomic_bert");
            }
        }

        foreach (string key in new[] { "rotary_emb_scale_base", "rotary_scaling_factor" })
        {
            if (config.Has(key))
            {
                throw config.Wrong(key, "is given; a nomic_bert's stretching of positions is supported in rope_parameters alone. Set it to null to read texts as long as max_trained_positions");
            }
        }
    }
}

namespace MLNet.Dispersion.Models;

/// <summary>Phi 1 to 2, whose branches read one norm, and Phi 3, whose layers are fused, with Phi 3.5 and Phi 4 mini.</summary>
internal static class PhiFamily
{
    private const int DefaultContext = 4096;

    private static readonly WeightNames FirstNames = LlamaShape.Names with
    {
        Block =
        [
            (WeightPart.Query, "self_attn.q_proj"),
            (WeightPart.Key, "self_attn.k_proj"),
            (WeightPart.Value, "self_attn.v_proj"),
            (WeightPart.AttentionOutput, "self_attn.dense"),
            (WeightPart.QueryNorm, "self_attn.q_layernorm"),
            (WeightPart.KeyNorm, "self_attn.k_layernorm"),
            (WeightPart.MlpUp, "mlp.fc1"),
            (WeightPart.MlpDown, "mlp.fc2"),
            (WeightPart.AttentionNorm, "input_layernorm"),
        ],
        Tail = [(WeightPart.FinalNorm, "model.final_layernorm"), (WeightPart.Head, "lm_head")],
        ArchitectureName = "PhiForCausalLM",
        LoraTargets = ["q_proj", "v_proj", "fc1", "fc2"],
    };

    private static readonly WeightNames ThirdNames = LlamaShape.NamesWith((WeightPart.QueryKeyValue, "self_attn.qkv_proj"), (WeightPart.MlpGateUp, "mlp.gate_up_proj")) with
    {
        ArchitectureName = "Phi3ForCausalLM",
        LoraTargets = ["qkv_proj"],
    };

    /// <summary>Phi 1, 1.5 and 2.</summary>
    internal static Architecture ReadFirst(ConfigReader config)
    {
        var norm = new NormSpec(NormKind.Layer, config.Positive("layer_norm_eps", 1e-5));
        TransformerSpec spec = new LlamaShape
        {
            HasInputBias = true,
            HasOutputBias = true,
            HasMlpBias = true,
            IsGated = false,
            Norm = norm,
            Activation = config.Activation("hidden_act", "gelu_new"),
            Rotary = new RotaryKeys { Share = 0.5 },
            Order = BlockOrder.ParallelOneNorm,
        }.Read(config);
        AttentionSpec attention = spec.Block.Attention with { HeadNorm = config.Flag("qk_layernorm", false) ? norm : null };
        return new Architecture(
            spec with
            {
                Embedding = new EmbeddingSpec { Dropout = config.Probability("embd_pdrop", 0) },
                Block = spec.Block with { Attention = attention, Dropout = config.Probability("resid_pdrop", 0) },
                HasHeadBias = spec.Head == HeadKind.Own,
            },
            FirstNames)
        {
            Heads = DecoderHeads.Classes(config),
        };
    }

    /// <summary>Phi 3, 3.5 and 4 mini.</summary>
    internal static Architecture ReadThird(ConfigReader config)
    {
        config.RequireFlags(false, "attention_bias", "mlp_bias", "lm_head_bias");
        config = config.With(("max_position_embeddings", DefaultContext), ("original_max_position_embeddings", DefaultContext));
        TransformerSpec spec = new LlamaShape { NormEpsilon = 1e-5, Rotary = new RotaryKeys { Share = 1 } }.Read(config);
        AttentionSpec attention = spec.Block.Attention with { Storage = AttentionStorage.FusedByKind, Window = config.SizeOrNull("sliding_window") };
        return new Architecture(
            spec with
            {
                Embedding = new EmbeddingSpec { Dropout = config.Probability("embd_pdrop", 0) },
                Block = spec.Block with { Attention = attention, Mlp = spec.Block.Mlp with { IsFused = true }, Dropout = config.Probability("resid_pdrop", 0) },
            },
            ThirdNames)
        {
            Heads = DecoderHeads.Classes(config),
        };
    }
}

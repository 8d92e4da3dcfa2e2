namespace MLNet.Dispersion.Models;

/// <summary>StableLM 3B and 2.</summary>
internal static class StableLmFamily
{
    private static readonly WeightNames Names = LlamaShape.NamesWith((WeightPart.QueryNorm, "self_attn.q_layernorm"), (WeightPart.KeyNorm, "self_attn.k_layernorm")) with
    {
        ArchitectureName = "StableLmForCausalLM",
    };

    internal static Architecture Read(ConfigReader config)
    {
        var norm = new NormSpec(NormKind.Layer, config.Positive("layer_norm_eps", 1e-5));
        TransformerSpec spec = new LlamaShape
        {
            HasInputBias = config.Flag("use_qkv_bias", false),
            Norm = norm,
            Rotary = new RotaryKeys { Share = 0.25 },
            Order = config.Flag("use_parallel_residual", false) ? BlockOrder.ParallelOneNorm : BlockOrder.NormFirst,
        }.Read(config);
        AttentionSpec attention = spec.Block.Attention with
        {
            HeadNorm = config.Flag("qk_layernorm", false) ? norm with { HasBias = false } : null,
            HeadNormScope = HeadNormScope.EachHeadApart,
        };
        return new Architecture(spec with { Block = spec.Block with { Attention = attention, Dropout = config.Probability("hidden_dropout", 0) } }, Names) { Heads = DecoderHeads.Classes(config) };
    }
}

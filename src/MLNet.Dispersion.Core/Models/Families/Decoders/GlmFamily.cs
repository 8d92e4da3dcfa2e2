namespace MLNet.Dispersion.Models;

/// <summary>GLM 4 in its first form (<c>glm</c>) and in that with norms around each branch (<c>glm4</c>).</summary>
internal static class GlmFamily
{
    private static readonly WeightNames Names = LlamaShape.NamesWith(
        (WeightPart.MlpGateUp, "mlp.gate_up_proj"),
        (WeightPart.AttentionOutputNorm, "post_self_attn_layernorm"),
        (WeightPart.MlpOutputNorm, "post_mlp_layernorm"));

    internal static Architecture Read(ConfigReader config)
    {
        bool isFirst = config.ModelType == "glm";
        TransformerSpec spec = new LlamaShape
        {
            HasInputBias = config.Flag("attention_bias", false),
            HeadSize = 128,
            NormEpsilon = 0.00000015625,
            Rotary = new RotaryKeys { Share = 0.5, IsInterleaved = true },
            Order = isFirst ? BlockOrder.NormFirst : BlockOrder.NormAround,
        }.Read(config);
        return new Architecture(spec with { Block = spec.Block with { Mlp = spec.Block.Mlp with { IsFused = true } } }, Names with { ArchitectureName = isFirst ? "GlmForCausalLM" : "Glm4ForCausalLM" }) { Heads = DecoderHeads.Classes(config) };
    }
}

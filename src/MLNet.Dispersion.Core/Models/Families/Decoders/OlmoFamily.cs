namespace MLNet.Dispersion.Models;

/// <summary>OLMo 1, 2 and 3.</summary>
internal static class OlmoFamily
{
    private const double FirstEpsilon = 1e-5;

    private static readonly WeightNames Names = LlamaShape.NamesWith(
        (WeightPart.AttentionOutputNorm, "post_attention_layernorm"),
        (WeightPart.MlpOutputNorm, "post_feedforward_layernorm"));

    /// <summary>OLMo 1: norms without weights, queries, keys and values cut off at a size.</summary>
    internal static Architecture ReadFirst(ConfigReader config)
    {
        bool bias = config.Flag("attention_bias", false);
        TransformerSpec spec = new LlamaShape { HasInputBias = bias, HasOutputBias = bias, Norm = new NormSpec(NormKind.Layer, FirstEpsilon) { HasWeight = false } }.Read(config);
        AttentionSpec attention = spec.Block.Attention with { InputLimit = config.PositiveOrNull("clip_qkv") };
        return new Architecture(spec with { Block = spec.Block with { Attention = attention } }, LlamaShape.Names with { ArchitectureName = "OlmoForCausalLM" });
    }

    /// <summary>OLMo 2: norms of what the branches give, and of whole rows of queries and keys.</summary>
    internal static Architecture ReadSecond(ConfigReader config) => new(Normed(config, new RotaryKeys()), Names with { ArchitectureName = "Olmo2ForCausalLM" });

    /// <summary>OLMo 3: as OLMo 2, with windows in three of four layers.</summary>
    internal static Architecture ReadThird(ConfigReader config)
    {
        TransformerSpec spec = Normed(config, new RotaryKeys { Layer = LayerKinds.Full });
        AttentionSpec whole = spec.Block.Attention;
        RotarySpec near = config.Section("rope_parameters")?.Section(LayerKinds.Sliding) is null
            ? whole.Rotary! with { Scaling = null }
            : new RotaryKeys { Layer = LayerKinds.Sliding }.Read(config, whole.HeadSize);
        AttentionSpec windowed = whole with { Rotary = near, Window = config.SizeOrNull("sliding_window", 4096) };
        bool[] kinds = LayerKinds.Windowed(config, spec.LayerCount, layer => (layer + 1) % 4 != 0);
        return new Architecture(spec.WithAttention(layer => kinds[layer] ? windowed : whole), Names with { ArchitectureName = "Olmo3ForCausalLM" }) { Heads = [DecoderHeads.Sequence] };
    }

    private static TransformerSpec Normed(ConfigReader config, RotaryKeys rotary)
    {
        bool bias = config.Flag("attention_bias", false);
        TransformerSpec spec = new LlamaShape { HasInputBias = bias, HasOutputBias = bias, Order = BlockOrder.NormBranches, Rotary = rotary, NormEpsilon = 1e-5 }.Read(config);
        AttentionSpec attention = spec.Block.Attention with { HeadNorm = spec.Block.Norm, HeadNormScope = HeadNormScope.Row };
        return spec with { Block = spec.Block with { Attention = attention } };
    }
}

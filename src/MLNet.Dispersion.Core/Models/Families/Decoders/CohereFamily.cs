namespace MLNet.Dispersion.Models;

/// <summary>Cohere's Command R, and its second form with windows.</summary>
internal static class CohereFamily
{
    /// <summary>Command R.</summary>
    internal static Architecture ReadFirst(ConfigReader config)
    {
        TransformerSpec spec = Shape(config);
        NormSpec? headNorm = config.Flag("use_qk_norm", false) ? spec.Block.Norm : null;
        AttentionSpec attention = spec.Block.Attention with { HeadNorm = headNorm, HeadNormScope = HeadNormScope.EachHead };
        return new Architecture(spec with { Block = spec.Block with { Attention = attention } }, LlamaShape.Names with { ArchitectureName = "CohereForCausalLM" });
    }

    /// <summary>Command R7B: layers with a window and rotary positions, and whole ones without.</summary>
    internal static Architecture ReadSecond(ConfigReader config)
    {
        TransformerSpec spec = Shape(config);
        AttentionSpec windowed = spec.Block.Attention with { Window = config.SizeOrNull("sliding_window", 4096) };
        AttentionSpec whole = spec.Block.Attention with { Rotary = null };
        int pattern = config.Has("sliding_window_pattern") ? config.Size("sliding_window_pattern") : config.Size("_sliding_window_pattern", 4);
        bool[] kinds = LayerKinds.Windowed(config, spec.LayerCount, layer => (layer + 1) % pattern != 0);
        return new Architecture(spec.WithAttention(layer => kinds[layer] ? windowed : whole), LlamaShape.Names with { ArchitectureName = "Cohere2ForCausalLM" });
    }

    private static TransformerSpec Shape(ConfigReader config)
    {
        bool bias = config.Flag("attention_bias", false);
        TransformerSpec spec = new LlamaShape
        {
            HasInputBias = bias,
            HasOutputBias = bias,
            Norm = new NormSpec(NormKind.Layer, config.Positive("layer_norm_eps", 1e-5)) { HasBias = false },
            Rotary = new RotaryKeys { IsInterleaved = true },
            Order = BlockOrder.ParallelOneNorm,
            IsTied = true,
        }.Read(config);
        return spec with { LogitScale = config.Positive("logit_scale", 0.0625) };
    }
}

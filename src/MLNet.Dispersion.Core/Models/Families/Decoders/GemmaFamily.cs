namespace MLNet.Dispersion.Models;

/// <summary>Gemma 1, 2 and the text model of Gemma 3.</summary>
internal static class GemmaFamily
{
    private const int DefaultHeadSize = 256;
    private const int DefaultWindow = 4096;

    private static readonly WeightNames Names = LlamaShape.NamesWith(
        (WeightPart.AttentionOutputNorm, "post_attention_layernorm"),
        (WeightPart.MlpNorm, "pre_feedforward_layernorm"),
        (WeightPart.MlpOutputNorm, "post_feedforward_layernorm"));

    /// <summary>Gemma 1.</summary>
    internal static Architecture ReadFirst(ConfigReader config) => new(Shape(config, BlockOrder.NormFirst, new RotaryKeys()), LlamaShape.Names with { ArchitectureName = "GemmaForCausalLM" }) { Heads = DecoderHeads.Classes(config) };

    /// <summary>Gemma 2: norms around each branch, caps, every second layer with a window.</summary>
    internal static Architecture ReadSecond(ConfigReader config)
    {
        TransformerSpec spec = Capped(config, Shape(config, BlockOrder.NormAround, new RotaryKeys()), 50, 30);
        spec = spec.WithWindows(LayerKinds.Windowed(config, spec.LayerCount, layer => layer % 2 == 0), config.SizeOrNull("sliding_window", DefaultWindow));
        return new Architecture(spec, Names with { ArchitectureName = "Gemma2ForCausalLM" }) { Heads = DecoderHeads.Classes(config) };
    }

    /// <summary>Gemma 3's text model: norms of heads in place of caps, some layers with a window to one without, each kind with its rotary base.</summary>
    internal static Architecture ReadThird(ConfigReader config)
    {
        // Older files say at the top what holds for whole layers, scaling included, and name the base of the others beside it.
        bool isNewer = config.Has("rope_parameters");
        TransformerSpec spec = Capped(config, Shape(config, BlockOrder.NormAround, new RotaryKeys { Theta = 1e6, Layer = LayerKinds.Full }), null, null);
        AttentionSpec whole = spec.Block.Attention with { HeadNorm = spec.Block.Norm };
        var local = new RotaryKeys { ThetaKey = "rope_local_base_freq", Layer = isNewer ? LayerKinds.Sliding : null };
        RotarySpec near = isNewer
            ? local.Read(config, whole.HeadSize)
            : new RotarySpec { Dimensions = whole.HeadSize, Theta = config.Positive("rope_local_base_freq", 10000) };
        AttentionSpec windowed = whole with { Rotary = near, Window = config.SizeOrNull("sliding_window", DefaultWindow) };
        int pattern = config.Has("sliding_window_pattern") ? config.Size("sliding_window_pattern") : config.Size("_sliding_window_pattern", 6);
        bool[] kinds = LayerKinds.Windowed(config, spec.LayerCount, layer => (layer + 1) % pattern != 0);
        return new Architecture(spec.WithAttention(layer => kinds[layer] ? windowed : whole), Names with { ArchitectureName = "Gemma3ForCausalLM" })
        {
            Heads = [DecoderHeads.Sequence with { ArchitectureName = "Gemma3TextForSequenceClassification" }],
        };
    }

    private static TransformerSpec Shape(ConfigReader config, BlockOrder order, RotaryKeys rotary)
    {
        bool bias = config.Flag("attention_bias", false);
        string key = config.Has("hidden_activation") ? "hidden_activation" : "hidden_act";
        TransformerSpec spec = new LlamaShape
        {
            HasInputBias = bias,
            HasOutputBias = bias,
            HeadSize = DefaultHeadSize,
            Norm = new NormSpec(NormKind.RootMeanSquare, config.Positive("rms_norm_eps", 1e-6)) { IsStoredMinusOne = true },
            Activation = config.Activation(key, "gelu_pytorch_tanh"),
            Order = order,
            Rotary = rotary,
            IsTied = true,
        }.Read(config);
        return spec with { Embedding = new EmbeddingSpec { Scale = MathF.Sqrt(spec.HiddenSize) } };
    }

    private static TransformerSpec Capped(ConfigReader config, TransformerSpec spec, double? scores, double? logits)
    {
        AttentionSpec attention = spec.Block.Attention with
        {
            Scale = 1 / Math.Sqrt(config.Positive("query_pre_attn_scalar", 256)),
            ScoreCap = config.PositiveOrNull("attn_logit_softcapping", scores),
        };
        return spec with { Block = spec.Block with { Attention = attention }, LogitCap = config.PositiveOrNull("final_logit_softcapping", logits) };
    }
}

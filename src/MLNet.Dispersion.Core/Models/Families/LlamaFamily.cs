namespace MLNet.Dispersion.Models;

/// <summary>Llama and what shares its layout: Qwen2, Qwen2.5, Qwen3, Mistral without a window.</summary>
internal static class LlamaFamily
{
    private const int DefaultWindow = 4096;
    private const int DefaultQwen3HeadSize = 128;

    private static readonly WeightNames Names = new()
    {
        Stem = [(WeightPart.Tokens, "model.embed_tokens")],
        Blocks = "model.layers",
        Block =
        [
            (WeightPart.AttentionNorm, "input_layernorm"),
            (WeightPart.Query, "self_attn.q_proj"),
            (WeightPart.Key, "self_attn.k_proj"),
            (WeightPart.Value, "self_attn.v_proj"),
            (WeightPart.AttentionOutput, "self_attn.o_proj"),
            (WeightPart.QueryNorm, "self_attn.q_norm"),
            (WeightPart.KeyNorm, "self_attn.k_norm"),
            (WeightPart.MlpNorm, "post_attention_layernorm"),
            (WeightPart.MlpGate, "mlp.gate_proj"),
            (WeightPart.MlpUp, "mlp.up_proj"),
            (WeightPart.MlpDown, "mlp.down_proj"),
        ],
        Tail = [(WeightPart.FinalNorm, "model.norm"), (WeightPart.Head, "lm_head")],
        Prefix = "model.",
        IgnoredEndings = [".rotary_emb.inv_freq"],
        LoraTargets = ["q_proj", "v_proj"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size");
        int heads = config.Size("num_attention_heads");
        int keyHeads = config.Size("num_key_value_heads", heads);
        config.RequireDivisible("num_attention_heads", heads, "num_key_value_heads", keyHeads);
        int contextLength = config.Size("max_position_embeddings", 2048);
        bool isQwen2 = config.ModelType == "qwen2";
        bool bias = isQwen2 || config.Flag("attention_bias", false);
        RefuseSlidingWindow(config, contextLength);
        config.OneOf("hidden_act", "silu", ["silu"]);
        int vocabulary = config.Size("vocab_size");
        int inner = config.Size("intermediate_size");
        int layers = config.Size("num_hidden_layers");
        int headSize = HeadSize(config, hidden, heads);
        config.RequireParameters(hidden * ((2.0 * vocabulary) + (layers * ((2.0 * headSize * ((double)heads + keyHeads)) + (3.0 * inner)))));
        var norm = new NormSpec(NormKind.RootMeanSquare, config.Positive("rms_norm_eps", 1e-6));
        return new Architecture(
            new TransformerSpec
            {
                VocabularySize = vocabulary,
                HiddenSize = hidden,
                LayerCount = layers,
                ContextLength = contextLength,
                IsCausal = true,
                Embedding = new EmbeddingSpec(),
                Block = new BlockSpec
                {
                    Order = BlockOrder.NormFirst,
                    Norm = norm,
                    Attention = new AttentionSpec
                    {
                        HeadCount = heads,
                        KeyHeadCount = keyHeads,
                        HeadSize = headSize,
                        HasInputBias = bias,
                        HasOutputBias = bias && !isQwen2,
                        Rotary = new RotarySpec { Dimensions = headSize, Theta = RopeScaling.Theta(config, "rope_theta", 10000), Scaling = RopeScaling.Read(config) },
                        HeadNorm = config.ModelType == "qwen3" ? norm : null,
                        Dropout = config.Probability("attention_dropout", 0),
                    },
                    Mlp = new MlpSpec { InnerSize = inner, Activation = Activation.Silu, IsGated = true, HasBias = config.Flag("mlp_bias", false) },
                },
                FinalNorm = norm,
                Head = config.Flag("tie_word_embeddings", false) ? HeadKind.Tied : HeadKind.Own,
            },
            Names with { ArchitectureName = ArchitectureName(config.ModelType) });
    }

    private static string? ArchitectureName(string modelType) => modelType switch
    {
        "llama" => "LlamaForCausalLM",
        "qwen2" => "Qwen2ForCausalLM",
        "qwen3" => "Qwen3ForCausalLM",
        "mistral" => "MistralForCausalLM",
        _ => null,
    };

    private static int HeadSize(ConfigReader config, int hidden, int heads)
    {
        // Qwen3's default does not depend on the other sizes.
        bool isQwen3 = config.ModelType == "qwen3";
        if (!isQwen3 && !config.Has("head_dim"))
        {
            config.RequireDivisible("hidden_size", hidden, "num_attention_heads", heads);
        }

        int size = config.Size("head_dim", isQwen3 ? DefaultQwen3HeadSize : hidden / heads);
        config.RequireDivisible("head_dim", size, "2 (rotary pairs)", 2);
        return (double)heads * size <= ConfigReader.LargestSize
            ? size
            : throw config.Wrong("head_dim", $"is {size}, too much for num_attention_heads = {heads}; the heads together may have {ConfigReader.LargestSize} features. Lower one of them");
    }

    private static void RefuseSlidingWindow(ConfigReader config, int contextLength)
    {
        // Qwen names a window that it does not use; Mistral has no switch and uses it; Llama has none. Null is no window, where an absent key is the default.
        bool isGiven = config.Has("sliding_window");
        bool hasDefault = config.ModelType != "llama" && !config.Root.ContainsKey("sliding_window");
        if (!(isGiven || hasDefault) || !config.Flag("use_sliding_window", config.ModelType == "mistral"))
        {
            return;
        }

        int window = config.Size("sliding_window", DefaultWindow);
        if (window < contextLength)
        {
            string origin = isGiven ? "" : $" (the default of {config.ModelType})";
            throw config.Wrong("sliding_window", $"is {window}{origin}, below max_position_embeddings = {contextLength}; attention windows are not supported. Lower max_position_embeddings to {window}");
        }
    }
}

namespace MLNet.Dispersion.Models;

/// <summary>The parts of a config.json of the Llama family (Llama, Qwen2, Qwen3) that matter to the network.</summary>
internal sealed record LlamaConfig(
    int VocabularySize,
    int ContextLength,
    int HiddenSize,
    int InnerSize,
    int LayerCount,
    int HeadCount,
    int KeyValueHeadCount,
    int HeadSize,
    double RmsNormEpsilon,
    double RopeTheta,
    RopeScaling? RopeScaling,
    double AttentionDropout,
    bool InputBias,
    bool OutputBias,
    bool MlpBias,
    bool NormalisedHeads,
    bool TiedHead)
{
    private const int DefaultWindow = 4096;
    private const int DefaultQwen3HeadSize = 128;

    internal static LlamaConfig Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size");
        int heads = config.Size("num_attention_heads");
        int keyValueHeads = config.Size("num_key_value_heads", heads);
        config.RequireDivisible("num_attention_heads", heads, "num_key_value_heads", keyValueHeads);
        int contextLength = config.Size("max_position_embeddings", 2048);
        bool isQwen2 = config.ModelType == "qwen2";
        bool bias = isQwen2 || config.Flag("attention_bias", false);
        RefuseSlidingWindow(config, contextLength);
        config.OneOf("hidden_act", "silu", ["silu"]);
        int vocabulary = config.Size("vocab_size");
        int inner = config.Size("intermediate_size");
        int layers = config.Size("num_hidden_layers");
        int headSize = HeadSizeOf(config, hidden, heads);
        config.RequireParameters(hidden * ((2.0 * vocabulary) + (layers * ((2.0 * headSize * ((double)heads + keyValueHeads)) + (3.0 * inner)))));
        return new LlamaConfig(
            vocabulary,
            contextLength,
            hidden,
            inner,
            layers,
            heads,
            keyValueHeads,
            headSize,
            config.Positive("rms_norm_eps", 1e-6),
            RopeScaling.Theta(config, "rope_theta", 10000),
            RopeScaling.Read(config),
            config.Probability("attention_dropout", 0),
            InputBias: bias,
            OutputBias: bias && !isQwen2,
            config.Flag("mlp_bias", false),
            NormalisedHeads: config.ModelType == "qwen3",
            config.Flag("tie_word_embeddings", false));
    }

    private static int HeadSizeOf(ConfigReader config, int hidden, int heads)
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

namespace MLNet.Dispersion.Models;

/// <summary>Llama and its closest kin: Mistral with its window, Qwen2, Qwen2.5, Qwen3.</summary>
internal static class LlamaFamily
{
    private const int DefaultWindow = 4096;
    private const int DefaultQwen3HeadSize = 128;
    private const int DefaultQwenFullLayers = 28;

    internal static Architecture Read(ConfigReader config)
    {
        string type = config.ModelType;
        bool isQwen2 = type == "qwen2";
        bool bias = isQwen2 || (type != "mistral" && config.Flag("attention_bias", false));
        TransformerSpec spec = new LlamaShape
        {
            HasInputBias = bias,
            HasOutputBias = bias && !isQwen2,
            HasMlpBias = type == "llama" && config.Flag("mlp_bias", false),
            HeadSize = type == "qwen3" ? DefaultQwen3HeadSize : null,
        }.Read(config);
        AttentionSpec attention = spec.Block.Attention;
        spec = spec with { Block = spec.Block with { Attention = attention with { HeadNorm = type == "qwen3" ? spec.Block.Norm : null } } };
        return new Architecture(Windows(config, spec), LlamaShape.Names with { ArchitectureName = ArchitectureName(type) }) { Heads = type == "mistral" ? DecoderHeads.All(config) : DecoderHeads.WithSpansApart(config) };
    }

    private static string? ArchitectureName(string modelType) => modelType switch
    {
        "llama" => "LlamaForCausalLM",
        "qwen2" => "Qwen2ForCausalLM",
        "qwen3" => "Qwen3ForCausalLM",
        "mistral" => "MistralForCausalLM",
        _ => null,
    };

    private static TransformerSpec Windows(ConfigReader config, TransformerSpec spec)
    {
        // Qwen names a window that it does not use without a switch; Mistral has none and uses it; Llama has no window. Null is no window, where an absent key is the default.
        bool isMistral = config.ModelType == "mistral";
        if (config.ModelType is not ("mistral" or "qwen2" or "qwen3") || !(isMistral || config.Flag("use_sliding_window", false)))
        {
            return spec;
        }

        int first = isMistral ? 0 : config.Has("max_window_layers") ? config.WholeNumber("max_window_layers") : DefaultQwenFullLayers;
        bool[] windowed = isMistral ? [.. Enumerable.Repeat(true, spec.LayerCount)] : LayerKinds.Windowed(config, spec.LayerCount, layer => layer >= first);
        return spec.WithWindows(windowed, config.SizeOrNull("sliding_window", DefaultWindow));
    }
}

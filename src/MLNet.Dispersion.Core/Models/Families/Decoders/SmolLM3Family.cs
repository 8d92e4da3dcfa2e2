namespace MLNet.Dispersion.Models;

/// <summary>SmolLM3: Llama with some layers that know no positions.</summary>
internal static class SmolLM3Family
{
    internal static Architecture Read(ConfigReader config)
    {
        bool bias = config.Flag("attention_bias", false);
        TransformerSpec spec = new LlamaShape
        {
            HasInputBias = bias,
            HasOutputBias = bias,
            HasMlpBias = config.Flag("mlp_bias", false),
            Rotary = new RotaryKeys { Theta = 2e6 },
            IsTied = true,
        }.Read(config);
        int interval = config.Size("no_rope_layer_interval", 4);
        IReadOnlyList<double> turned = config.Numbers("no_rope_layers") ?? [.. Enumerable.Range(0, spec.LayerCount).Select(layer => (layer + 1) % interval == 0 ? 0.0 : 1)];
        if (turned.Count != spec.LayerCount || turned.Any(value => value is not (0 or 1)))
        {
            throw config.Wrong("no_rope_layers", $"must be 0 or 1 for each of the {spec.LayerCount} layers of num_hidden_layers");
        }

        AttentionSpec attention = spec.Block.Attention;
        bool hasWindows = config.Flag("use_sliding_window", false);
        bool[] windowed = LayerKinds.Windowed(config, spec.LayerCount, layer => hasWindows && turned[layer] == 0);
        int? window = hasWindows ? config.SizeOrNull("sliding_window") : null;
        return new Architecture(
            spec.WithAttention(layer => attention with { Rotary = turned[layer] == 1 ? attention.Rotary : null, Window = windowed[layer] ? window : null }),
            LlamaShape.Names with { ArchitectureName = "SmolLM3ForCausalLM" })
        {
            Heads = DecoderHeads.WithSpansApart(config),
        };
    }
}

namespace MLNet.Dispersion.Models;

/// <summary>Nemotron: layer norms whose weights are stored less one, and a squared rectifier without a gate.</summary>
internal static class NemotronFamily
{
    internal static Architecture Read(ConfigReader config)
    {
        bool bias = config.Flag("attention_bias", false);
        TransformerSpec spec = new LlamaShape
        {
            HasInputBias = bias,
            HasOutputBias = bias,
            HasMlpBias = config.Flag("mlp_bias", false),
            IsGated = false,
            Norm = new NormSpec(NormKind.Layer, config.Positive("norm_eps", 1e-5)) { IsStoredMinusOne = true },
            Activation = config.Activation("hidden_act", "relu2"),
            Rotary = new RotaryKeys { Share = 0.5 },
        }.Read(config);
        return new Architecture(spec, LlamaShape.Names with { ArchitectureName = "NemotronForCausalLM" }) { Heads = DecoderHeads.WithSpansApart(config) };
    }
}

namespace MLNet.Dispersion.Models;

/// <summary>ERNIE 4.5: Llama with interleaved rotary positions.</summary>
internal static class ErnieFamily
{
    internal static Architecture Read(ConfigReader config)
    {
        bool bias = config.Flag("use_bias", false);
        TransformerSpec spec = new LlamaShape
        {
            HasInputBias = bias,
            HasOutputBias = bias,
            HasMlpBias = bias,
            HeadSize = 128,
            NormEpsilon = 1e-5,
            Rotary = new RotaryKeys { Theta = 500000, IsInterleaved = true },
            IsTied = true,
        }.Read(config);
        return new Architecture(spec, LlamaShape.Names with { ArchitectureName = "Ernie4_5ForCausalLM" });
    }
}

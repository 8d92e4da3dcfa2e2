namespace MLNet.Dispersion.Models;

/// <summary>Granite: Llama with four multipliers.</summary>
internal static class GraniteFamily
{
    internal static Architecture Read(ConfigReader config)
    {
        bool bias = config.Flag("attention_bias", false);
        TransformerSpec spec = new LlamaShape { HasInputBias = bias, HasOutputBias = bias, HasMlpBias = config.Flag("mlp_bias", false) }.Read(config);
        AttentionSpec attention = spec.Block.Attention with { Scale = config.Positive("attention_multiplier", 1) };
        return new Architecture(
            spec with
            {
                Embedding = new EmbeddingSpec { Scale = config.Positive("embedding_multiplier", 1) },
                Block = spec.Block with { Attention = attention, BranchScale = config.Positive("residual_multiplier", 1) },
                LogitScale = 1 / config.Positive("logits_scaling", 1),
            },
            LlamaShape.Names with { ArchitectureName = "GraniteForCausalLM" });
    }
}

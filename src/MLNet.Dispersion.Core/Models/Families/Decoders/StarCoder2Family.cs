namespace MLNet.Dispersion.Models;

/// <summary>StarCoder 2: Llama's attention with a window, layer norms and a plain perceptron.</summary>
internal static class StarCoder2Family
{
    private static readonly WeightNames Names = LlamaShape.NamesWith((WeightPart.MlpUp, "mlp.c_fc"), (WeightPart.MlpDown, "mlp.c_proj")) with { ArchitectureName = "Starcoder2ForCausalLM" };

    internal static Architecture Read(ConfigReader config)
    {
        bool bias = config.Flag("use_bias", true);
        TransformerSpec spec = new LlamaShape
        {
            HasInputBias = bias,
            HasOutputBias = bias,
            HasMlpBias = bias,
            IsGated = false,
            Norm = new NormSpec(NormKind.Layer, config.Positive("norm_epsilon", 1e-5)),
            Activation = config.Activation("hidden_act", "gelu_pytorch_tanh"),
            IsTied = true,
        }.Read(config);
        AttentionSpec attention = spec.Block.Attention with { Window = config.SizeOrNull("sliding_window") };
        return new Architecture(
            spec with
            {
                Embedding = new EmbeddingSpec { Dropout = config.Probability("embedding_dropout", 0) },
                Block = spec.Block with { Attention = attention, Dropout = config.Probability("residual_dropout", 0) },
            },
            Names)
        {
            Heads = DecoderHeads.Classes(config),
        };
    }
}

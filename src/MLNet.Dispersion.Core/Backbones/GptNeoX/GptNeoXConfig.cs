using MLNet.Dispersion.Backbones.Shared;

namespace MLNet.Dispersion.Backbones.GptNeoX;

/// <summary>The parts of a GPT-NeoX (Pythia) config.json that matter to the network; defaults are Hugging Face's.</summary>
internal sealed record GptNeoXConfig(
    int VocabularySize,
    int ContextLength,
    int HiddenSize,
    int InnerSize,
    int LayerCount,
    int HeadCount,
    int RotaryDimensions,
    double RopeTheta,
    double LayerNormEpsilon,
    double AttentionDropout,
    double HiddenDropout,
    string Activation,
    bool AttentionBias,
    bool ParallelResidual,
    bool TiedHead)
{
    internal static GptNeoXConfig Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size", 6144);
        int heads = config.Size("num_attention_heads", 64);
        config.RequireDivisible("hidden_size", hidden, "num_attention_heads", heads);
        if (RopeScaling.Read(config) is not null)
        {
            throw config.Wrong("rope_scaling", "is not supported for gpt_neox; it must be null");
        }

        int rotary = (int)(hidden / heads * config.Positive("rotary_pct", 0.25));
        config.RequireDivisible("rotary_pct (rotary features of a head)", rotary, "2 (rotary pairs)", 2);
        return new GptNeoXConfig(
            config.Size("vocab_size", 50432),
            config.Size("max_position_embeddings", 2048),
            hidden,
            config.Size("intermediate_size", 4 * hidden),
            config.Size("num_hidden_layers", 44),
            heads,
            rotary,
            RopeScaling.Theta(config, "rotary_emb_base", 10000),
            config.Positive("layer_norm_eps", 1e-5),
            config.Probability("attention_dropout", 0),
            config.Probability("hidden_dropout", 0),
            config.OneOf("hidden_act", "gelu", ["gelu", "gelu_new", "gelu_fast"]),
            config.Flag("attention_bias", true),
            config.Flag("use_parallel_residual", true),
            config.Flag("tie_word_embeddings", false));
    }
}

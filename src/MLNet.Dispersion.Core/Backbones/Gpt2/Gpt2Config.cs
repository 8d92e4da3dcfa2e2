namespace MLNet.Dispersion.Backbones.Gpt2;

/// <summary>The parts of a GPT-2 config.json that matter to the network; defaults are Hugging Face's.</summary>
internal sealed record Gpt2Config(
    int VocabularySize,
    int ContextLength,
    int HiddenSize,
    int LayerCount,
    int HeadCount,
    int InnerSize,
    string Activation,
    double LayerNormEpsilon,
    double EmbeddingDropout,
    double AttentionDropout,
    double ResidualDropout,
    bool ScaleAttention,
    bool ScaleAttentionByLayer,
    bool TiedHead)
{
    internal static Gpt2Config Read(ConfigReader config)
    {
        int hidden = config.Size("n_embd", 768);
        int heads = config.Size("n_head", 12);
        config.RequireDivisible("n_embd", hidden, "n_head", heads);
        return new Gpt2Config(
            config.Size("vocab_size", 50257),
            config.Size("n_positions", 1024),
            hidden,
            config.Size("n_layer", 12),
            heads,
            config.Size("n_inner", 4 * hidden),
            config.OneOf("activation_function", "gelu_new", ["gelu_new", "gelu_pytorch_tanh", "gelu"]),
            config.Positive("layer_norm_epsilon", 1e-5),
            config.Probability("embd_pdrop", 0.1),
            config.Probability("attn_pdrop", 0.1),
            config.Probability("resid_pdrop", 0.1),
            config.Flag("scale_attn_weights", true),
            config.Flag("scale_attn_by_inverse_layer_idx", false),
            config.Flag("tie_word_embeddings", true));
    }
}

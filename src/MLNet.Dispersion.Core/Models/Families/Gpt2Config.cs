namespace MLNet.Dispersion.Models;

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
        int vocabulary = config.Size("vocab_size", 50257);
        int context = config.Size("n_positions", 1024);
        int layers = config.Size("n_layer", 12);
        int inner = config.Size("n_inner", 4 * hidden);
        config.RequireParameters(hidden * ((double)vocabulary + context + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        if (config.Flag("add_cross_attention", false))
        {
            throw config.Wrong("add_cross_attention", "is true; cross attention belongs to encoder-decoder models, which are not supported");
        }

        return new Gpt2Config(
            vocabulary,
            context,
            hidden,
            layers,
            heads,
            inner,
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

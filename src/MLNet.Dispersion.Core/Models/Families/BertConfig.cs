namespace MLNet.Dispersion.Models;

/// <summary>The parts of a BERT config.json that matter to the network; defaults are Hugging Face's.</summary>
internal sealed record BertConfig(
    int VocabularySize,
    int ContextLength,
    int TokenTypes,
    int HiddenSize,
    int LayerCount,
    int HeadCount,
    int InnerSize,
    string Activation,
    double LayerNormEpsilon,
    double HiddenDropout,
    double AttentionDropout)
{
    internal static BertConfig Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size", 768);
        int heads = config.Size("num_attention_heads", 12);
        config.RequireDivisible("hidden_size", hidden, "num_attention_heads", heads);
        int vocabulary = config.Size("vocab_size", 30522);
        int context = config.Size("max_position_embeddings", 512);
        int types = config.Size("type_vocab_size", 2);
        int layers = config.Size("num_hidden_layers", 12);
        int inner = config.Size("intermediate_size", 3072);
        config.RequireParameters(hidden * ((double)vocabulary + context + types + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        config.OneOf("position_embedding_type", "absolute", ["absolute"]);
        foreach (string flag in new[] { "is_decoder", "add_cross_attention" })
        {
            if (config.Flag(flag, false))
            {
                throw config.Wrong(flag, "is true; BERT is supported as an encoder alone");
            }
        }

        return new BertConfig(
            vocabulary,
            context,
            types,
            hidden,
            layers,
            heads,
            inner,
            config.OneOf("hidden_act", "gelu", ["gelu", "gelu_new", "gelu_pytorch_tanh"]),
            config.Positive("layer_norm_eps", 1e-12),
            config.Probability("hidden_dropout_prob", 0.1),
            config.Probability("attention_probs_dropout_prob", 0.1));
    }
}

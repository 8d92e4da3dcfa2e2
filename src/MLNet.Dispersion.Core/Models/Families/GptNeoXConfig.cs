using System.Globalization;

namespace MLNet.Dispersion.Models;

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
        RopeScaling.Refuse(config);
        int vocabulary = config.Size("vocab_size", 50432);
        int inner = config.Size("intermediate_size", 24576);
        int layers = config.Size("num_hidden_layers", 44);
        config.RequireParameters(hidden * ((2.0 * vocabulary) + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        return new GptNeoXConfig(
            vocabulary,
            config.Size("max_position_embeddings", 2048),
            hidden,
            inner,
            layers,
            heads,
            RotaryDimensionsOf(config, hidden / heads),
            RopeScaling.Theta(config, "rotary_emb_base", 10000),
            config.Positive("layer_norm_eps", 1e-5),
            config.Probability("attention_dropout", 0),
            config.Probability("hidden_dropout", 0),
            config.OneOf("hidden_act", "gelu", ["gelu", "gelu_new", "gelu_fast"]),
            config.Flag("attention_bias", true),
            config.Flag("use_parallel_residual", true),
            config.Flag("tie_word_embeddings", false));
    }

    private static int RotaryDimensionsOf(ConfigReader config, int headSize)
    {
        // Newer files hold the share in a section, under another name.
        var section = config.Section("rope_parameters");
        bool isNewer = section?.Has("partial_rotary_factor") == true;
        var (reader, key) = isNewer ? (section!, "partial_rotary_factor") : (config, "rotary_pct");
        double share = reader.Positive(key, 0.25);
        int rotary = share <= 1 ? (int)(headSize * share) : headSize + 1;
        return rotary >= 2 && rotary <= headSize && rotary % 2 == 0
            ? rotary
            : throw reader.Wrong(key, string.Create(CultureInfo.InvariantCulture, $"is {share} of the {headSize} features of a head; it must give an even number of features from 2 to {headSize}"));
    }
}

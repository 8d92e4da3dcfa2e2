using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The shape of a GPT-2-like network, from which fresh models of random weights are made: to pre-train, or to compare networks that differ in one size only.</summary>
/// <remarks>Immutable and thread-safe. Layer norms, tanh GELU, learned positions, head tied to the token embedding and no dropout. Wrong sizes are refused when a model is made.</remarks>
/// <param name="LayerCount">Transformer blocks. At least 1.</param>
/// <param name="HiddenSize">Features of a hidden state (F); a multiple of <paramref name="HeadCount"/>.</param>
/// <param name="HeadCount">Attention heads. At least 1.</param>
/// <param name="ContextLength">The most tokens of one sequence. At least 1.</param>
/// <param name="MlpWidth">Features between the two layers of each block's perceptron; null (default) for GPT-2's 4 F. The published controlled experiment varies it alone.</param>
public sealed record Gpt2Shape(int LayerCount, int HiddenSize, int HeadCount, int ContextLength, int? MlpWidth = null)
{
    /// <summary>Gets the standard deviation of the initial weights; that of residual projections is 1 / sqrt(2 layers) of it. Default 0.02 (GPT-2). Above 0.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>The config.json of such a network.</summary>
    /// <param name="vocabularySize">Rows of the token embedding (V). At least 1.</param>
    /// <param name="endOfTextId">The token that begins and ends texts; null when there is none.</param>
    public string ToConfigJson(int vocabularySize, int? endOfTextId)
    {
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray("GPT2LMHeadModel"),
            ["model_type"] = "gpt2",
            ["activation_function"] = "gelu_new",
            ["attn_pdrop"] = 0.0,
            ["embd_pdrop"] = 0.0,
            ["resid_pdrop"] = 0.0,
            ["initializer_range"] = InitializerRange,
            ["layer_norm_epsilon"] = 1e-5,
            ["n_positions"] = ContextLength,
            ["n_ctx"] = ContextLength,
            ["n_embd"] = HiddenSize,
            ["n_head"] = HeadCount,
            ["n_layer"] = LayerCount,
            ["tie_word_embeddings"] = true,
            ["vocab_size"] = vocabularySize,
        };
        if (MlpWidth is { } width)
        {
            config["n_inner"] = width;
        }

        if (endOfTextId is { } id)
        {
            config["bos_token_id"] = id;
            config["eos_token_id"] = id;
        }

        return config.ToJsonString();
    }

    /// <summary>Makes a model of random weights.</summary>
    /// <param name="name">What to call it in messages and reports.</param>
    /// <param name="tokenizer">Gives the vocabulary and the token that ends texts.</param>
    /// <param name="seed">Decides the weights: the same seed and shape give the same ones. Taken as an unsigned number.</param>
    /// <returns>The model, on the CPU in float32 and in evaluation mode, which the caller disposes; it saves as any other.</returns>
    /// <exception cref="ModelFileException">A size is outside its range; the message names it.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public PretrainedLanguageModel CreateModel(string name, TextTokenizer tokenizer, int seed)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(tokenizer);
        TorchRuntime.EnsureLoaded();
        using var generator = new Generator((uint)seed, CPU);
        var backbone = BackboneRegistry.Create(ToConfigJson(tokenizer.VocabularySize, tokenizer.EosTokenId), generator);
        return new PretrainedLanguageModel(name, backbone, tokenizer);
    }
}

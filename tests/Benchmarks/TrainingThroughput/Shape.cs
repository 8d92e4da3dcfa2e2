using TorchSharp;

namespace MLNet.Dispersion.Benchmarks.TrainingThroughput;

/// <summary>A model's shape and the batch it is trained on.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Config">config.json of the backbone.</param>
/// <param name="Batch">Sequences of a step (B).</param>
/// <param name="Length">Tokens of a sequence (T).</param>
/// <param name="Gpt2Sizes">Layers, features, heads and vocabulary of a GPT-2; null for others.</param>
internal sealed record Shape(string Name, string Config, int Batch, int Length, (int Layers, int Features, int Heads, int Vocabulary)? Gpt2Sizes = null)
{
    /// <summary>All shapes.</summary>
    public static IReadOnlyList<Shape> All { get; } =
    [
        Gpt2("S", 6, 384, 6, 8192, 4, 256),
        Gpt2("tiny", 6, 384, 6, 8192, 8, 256),
        Gpt2("G", 12, 768, 12, 50257, 4, 256),
        Gpt2("G512", 12, 768, 12, 50257, 4, 512),
        new("qwen3", Qwen3(28, 1024, 3072, 16, 8, 32768, 512), 1, 512),
    ];

    /// <summary>The shape of a name.</summary>
    public static Shape Named(string name) => All.FirstOrDefault(shape => shape.Name == name)
        ?? throw new ArgumentException($"There is no shape '{name}'; there are {string.Join(", ", All.Select(shape => shape.Name))}.");

    /// <summary>The same architecture so small that many steps take a moment: with it the runtime compiles what a step calls as well as it can before anything is timed.</summary>
    public Shape WarmUp => Gpt2Sizes is null ? new("warm-up", Qwen3(2, 128, 256, 2, 1, 256, 64), 2, 64) : Gpt2("warm-up", 2, 64, 2, 256, 2, 64);

    /// <summary>Tokens of a step.</summary>
    public long Tokens => (long)Batch * Length;

    /// <summary>The network, with random weights.</summary>
    public LanguageBackbone Create()
    {
        using var generator = new torch.Generator(1, torch.CPU);
        return BackboneRegistry.Create(Config, generator);
    }

    /// <summary>Random blocks of tokens for so many steps.</summary>
    public int[][] Blocks(int steps, int vocabulary)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, steps * Batch).Select(_ => Enumerable.Range(0, Length).Select(_ => random.Next(vocabulary)).ToArray())];
    }

    /// <summary>
    /// Arithmetic of one step's matrix products, forward and twice that backward: 6 for each weight that multiplies (tables of embeddings do not, the
    /// head does) and token, 12 T F for each layer and token in attention, masked half included.
    /// </summary>
    public double FloatingPointOperations()
    {
        using LanguageBackbone backbone = Create();
        BackboneInfo info = backbone.Info;
        long matrices = backbone.named_parameters().Where(pair => pair.parameter.dim() == 2 && !IsTable(pair.name)).Sum(pair => pair.parameter.numel());
        long head = (long)info.VocabularySize * info.HiddenSize;
        return Tokens * ((6.0 * (matrices + head)) + (12.0 * info.LayerCount * Length * info.HiddenSize));
    }

    private static bool IsTable(string name) => name.EndsWith("wte.weight", StringComparison.Ordinal) || name.EndsWith("wpe.weight", StringComparison.Ordinal) || name.EndsWith("embed_tokens.weight", StringComparison.Ordinal);

    private static Shape Gpt2(string name, int layers, int features, int heads, int vocabulary, int batch, int length)
    {
        string config = $$"""
            {
              "model_type": "gpt2", "n_layer": {{layers}}, "n_embd": {{features}}, "n_head": {{heads}}, "n_positions": {{length}}, "vocab_size": {{vocabulary}},
              "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "initializer_range": 0.02, "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0,
              "tie_word_embeddings": true, "bos_token_id": 0, "eos_token_id": 0
            }
            """;
        return new Shape(name, config, batch, length, (layers, features, heads, vocabulary));
    }

    private static string Qwen3(int layers, int features, int inner, int heads, int groups, int vocabulary, int context) => $$"""
        {
          "model_type": "qwen3", "num_hidden_layers": {{layers}}, "hidden_size": {{features}}, "intermediate_size": {{inner}}, "num_attention_heads": {{heads}},
          "num_key_value_heads": {{groups}}, "head_dim": 128, "max_position_embeddings": {{context}}, "vocab_size": {{vocabulary}}, "hidden_act": "silu",
          "rms_norm_eps": 1e-6, "rope_theta": 1000000, "attention_bias": false, "tie_word_embeddings": true, "bos_token_id": 0, "eos_token_id": 0
        }
        """;
}

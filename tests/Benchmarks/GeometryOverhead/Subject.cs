using TorchSharp;

namespace MLNet.Dispersion.Benchmarks.GeometryOverhead;

/// <summary>The models that are measured.</summary>
internal static class Subject
{
    /// <summary>The embedded backbone.</summary>
    public static PretrainedLanguageModel Tiny() => PretrainedLanguageModel.Load(ModelSource.TinyEnglish);

    /// <summary>GPT-2 small's shape with random weights, reading TinyEnglish's tokens: time depends on neither.</summary>
    public static PretrainedLanguageModel Gpt2Small()
    {
        const string config = """
            {
              "model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12, "n_positions": 1024, "vocab_size": 50257,
              "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "initializer_range": 0.02,
              "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0, "tie_word_embeddings": true, "bos_token_id": 0, "eos_token_id": 0
            }
            """;
        using PretrainedLanguageModel tiny = Tiny();
        using var generator = new torch.Generator(1, torch.CPU);
        LanguageBackbone backbone = BackboneRegistry.Create(config, generator);
        backbone.eval();
        return new PretrainedLanguageModel("GPT-2 small's shape", backbone, tiny.Tokenizer);
    }

    /// <summary>Texts of at least 512 tokens, all different.</summary>
    public static string[] Texts(int count)
    {
        string[] words = ["the", "river", "ran", "between", "hills", "and", "nobody", "remembered", "who", "had", "built", "its", "old", "stone", "bridge", "before", "winter"];
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => string.Join(' ', Enumerable.Range(0, 800).Select(_ => words[random.Next(words.Length)])))];
    }
}

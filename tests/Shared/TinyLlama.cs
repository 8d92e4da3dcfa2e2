using TorchSharp;

namespace MLNet.Dispersion.Tests;

/// <summary>A Llama of random weights, two layers, and a byte-level tokenizer that begins every text with a token of its own.</summary>
internal static class TinyLlama
{
    private const string EndOfText = "<|endoftext|>";
    private const string BeginningOfText = "<|begin|>";

    private static readonly Lazy<TextTokenizer> Tokenizer = new(CreateTokenizer);

    /// <summary>The same weights each time; the caller disposes of them.</summary>
    public static PretrainedLanguageModel Create()
    {
        string config = $$"""
            {
              "model_type": "llama", "num_hidden_layers": 2, "hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512,
              "vocab_size": {{Tokenizer.Value.VocabularySize}}, "rms_norm_eps": 1e-5, "rope_theta": 10000, "tie_word_embeddings": true, "initializer_range": 0.2,
              "bos_token_id": {{Tokenizer.Value.BosTokenId}}, "eos_token_id": {{Tokenizer.Value.EosTokenId}}
            }
            """;
        using var generator = new torch.Generator(7, torch.CPU);
        return new PretrainedLanguageModel("tiny-llama", BackboneRegistry.Create(config, generator), Tokenizer.Value);
    }

    private static TextTokenizer CreateTokenizer()
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-llama-").FullName;
        try
        {
            ByteLevelBpeTrainer.Train(TinyBackbone.LabelledTexts(200).Texts, 320, [EndOfText, BeginningOfText]).Save(new DirectorySink(folder));
            File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), $$"""{"add_bos_token": true, "bos_token": "{{BeginningOfText}}", "eos_token": "{{EndOfText}}"}""");
            return TextTokenizer.Load(new DirectorySource(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

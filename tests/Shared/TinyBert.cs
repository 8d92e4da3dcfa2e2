using TorchSharp;

namespace MLNet.Dispersion.Tests;

/// <summary>A BERT of random weights, two layers and a word-piece vocabulary of its own, in a temporary folder.</summary>
internal static class TinyBert
{
    /// <summary>vocab.txt.</summary>
    public static readonly string[] Vocabulary =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "invoice", "refund", "charged", "payment", "money", "crash", "error", "freeze", "##s", "broken", "bug",
        "parcel", "delivery", "courier", "track", "##ing", "address", "please", "the", "my", "is", "again", "today", "it", "was", ",", "!", "'", "cafe", "un", "##want", "##ed", "中", "文", "a", "b", "##b",
    ];

    private static readonly Lazy<string> Folder = new(CreateFolder);

    /// <summary>config.json.</summary>
    public static string Config { get; } = $$"""
        {
          "model_type": "bert", "num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 48, "max_position_embeddings": 40,
          "vocab_size": {{Vocabulary.Length}}, "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "initializer_range": 0.2,
          "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "pad_token_id": 0
        }
        """;

    /// <summary>The checkpoint's folder.</summary>
    public static string WholeDirectory => Folder.Value;

    /// <summary>The checkpoint as a backbone.</summary>
    public static ModelSource Backbone => ModelSource.FromDirectory(Folder.Value);

    private static string CreateFolder()
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-bert-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), Vocabulary);
        var tokenizer = TextTokenizer.Load(new DirectorySource(folder));
        using var generator = new torch.Generator(7, torch.CPU);
        using var model = new PretrainedLanguageModel("tiny-bert", BackboneRegistry.Create(Config, generator), tokenizer);
        model.Save(folder);
        return folder;
    }
}

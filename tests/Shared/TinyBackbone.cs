using TorchSharp;

namespace MLNet.Dispersion.Tests;

/// <summary>A GPT-2 of random weights, two layers and a vocabulary of its own, in a temporary folder: enough to run every path in milliseconds.</summary>
internal static class TinyBackbone
{
    public const int ContextLength = 48;
    private const string EndOfText = "<|endoftext|>";
    private const int VocabularySize = 320;

    private static readonly string[][] Words =
    [
        ["invoice", "refund", "charged", "payment", "money"],
        ["crash", "error", "freezes", "broken", "bug"],
        ["parcel", "delivery", "courier", "tracking", "address"],
    ];

    private static readonly Lazy<string> Folder = new(CreateFolder);

    /// <summary>The folder of the checkpoint.</summary>
    public static string WholeDirectory => Folder.Value;

    /// <summary>The checkpoint as a backbone.</summary>
    public static ModelSource Backbone => ModelSource.FromDirectory(Folder.Value);

    /// <summary>Rows that a bag of words tells apart: row i belongs to class i % classes.</summary>
    public static (string[] Texts, int[] Labels) LabelledTexts(int rows, int classes = 3, int seed = 1)
    {
        var random = new Random(seed);
        string[] filler = ["please", "the", "my", "is", "again", "today", "it", "was"];
        int[] labels = [.. Enumerable.Range(0, rows).Select(row => row % classes)];
        string[] texts = [.. labels.Select(label => string.Join(' ', Enumerable.Range(0, random.Next(3, 9)).Select(i =>
            i % 2 == 0 ? Words[label][random.Next(5)] : filler[random.Next(filler.Length)])))];
        return (texts, labels);
    }

    private static string CreateFolder()
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-tiny-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var tokenizer = ByteLevelBpeTrainer.Train(LabelledTexts(200).Texts, VocabularySize, [EndOfText]);
        string config = $$"""
            {
              "model_type": "gpt2", "n_layer": 2, "n_embd": 32, "n_head": 2, "n_positions": {{ContextLength}}, "n_ctx": {{ContextLength}},
              "vocab_size": {{tokenizer.VocabularySize}}, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "initializer_range": 0.1,
              "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0, "tie_word_embeddings": true,
              "bos_token_id": {{tokenizer.EosTokenId}}, "eos_token_id": {{tokenizer.EosTokenId}}
            }
            """;
        using var generator = new torch.Generator(7, torch.CPU);
        using var model = new PretrainedLanguageModel("tiny", BackboneRegistry.Create(config, generator), tokenizer);
        model.Save(folder);
        return folder;
    }
}

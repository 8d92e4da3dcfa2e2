using System.Diagnostics;
using System.Text.Json;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>Hugging Face's library for JavaScript opens what we save: its own reading of config, labels and tokenizer, and ONNX Runtime below it.</summary>
public sealed class TransformersJsTests : IDisposable
{
    private const double Tolerance = 1e-5;
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [SkippableTheory]
    [InlineData(HeadStart.Linear)]
    [InlineData(HeadStart.Family)]
    public void TextClassification_GivesLabelsAndScores(HeadStart head)
    {
        string peer = Peer();
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        using TextClassifier model = TextClassifier.Train(TinyBert.Backbone, texts, labels, 3, new FineTuneOptions { Epochs = 2, ValidationFraction = 0, HeadStart = head }, labelNames: ["money", "faults", "parcels"]);
        model.SaveOnnx(_scratch.File("model", "model.onnx"));
        float[][] ours = [.. model.Score(texts).Values.Chunk(3)];
        foreach (var (expected, answer) in ours.Zip(Ask(peer, "text-classification", texts, new { top_k = 3 }).EnumerateArray()))
        {
            string[] names = ["money", "faults", "parcels"];
            Assert.Equal(3, answer.GetArrayLength());
            foreach (JsonElement one in answer.EnumerateArray())
            {
                Assert.Equal(expected[Array.IndexOf(names, one.GetProperty("label").GetString())], one.GetProperty("score").GetDouble(), Tolerance);
            }
        }
    }

    [SkippableFact]
    public void FeatureExtraction_GivesTheEmbeddings()
    {
        string peer = Peer();
        string[] texts = ["A refund, please.", "It does not start at all."];
        using var model = PretrainedLanguageModel.Load(TinyBert.Backbone);
        model.SaveOnnx(_scratch.File("model", "model.onnx"), new OnnxSaveOptions { Content = OnnxContent.HiddenStates });
        using TextEmbedder embedder = TextEmbedder.FromPretrained(TinyBert.Backbone, TextPooling.Mean, normalize: true);
        double[] theirs = [.. Ask(peer, "feature-extraction", texts, new { pooling = "mean", normalize = true }).EnumerateArray().Select(value => value.GetDouble())];
        double[] ours = [.. embedder.Embed(texts).SelectMany(row => row).Select(value => (double)value)];
        Assert.Equal(ours.Length, theirs.Length);
        Assert.All(ours.Zip(theirs), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }

    [SkippableFact]
    public void TextGeneration_WritesTheSame()
    {
        string peer = Peer();
        const string Prompt = "It was a dark";
        using var model = PretrainedLanguageModel.Load(ModelSource.TinyEnglish);
        model.SaveOnnx(_scratch.File("model", "model.onnx"), new OnnxSaveOptions { HasPast = true });
        string ours = model.Generate([Prompt], new TextGenerationOptions { MaxNewTokens = 12, Temperature = 0, StopAtEndOfText = false })[0].Text;
        Assert.Equal(Prompt + ours, Ask(peer, "text-generation", Prompt, new { max_new_tokens = 12, do_sample = false })[0].GetProperty("generated_text").GetString());
    }

    private static string Peer() => NodePeer.FolderOf("@huggingface/transformers", "@huggingface/transformers@4.3.2 --ignore-scripts");

    private JsonElement Ask(string peer, string task, object texts, object options)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "transformers.mjs"), peer]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process node = Process.Start(start)!;
        node.StandardInput.Write(JsonSerializer.Serialize(new { models = _scratch.Folder + "/", name = "model", task, texts, options }));
        node.StandardInput.Close();
        string answer = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        Assert.Equal(0, node.ExitCode);
        return JsonSerializer.Deserialize<JsonElement>(answer);
    }
}

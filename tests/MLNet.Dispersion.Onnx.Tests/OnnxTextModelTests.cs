using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>Fine-tuned classifiers and regressors as ONNX files: the same scores, from tokens of the tokenizer beside the file.</summary>
public sealed class OnnxTextModelTests : IDisposable
{
    private const double Tolerance = 1e-5;
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    public static TheoryData<string, TextPooling, bool> Classifiers()
    {
        var data = new TheoryData<string, TextPooling, bool>();
        foreach (string backbone in new[] { "gpt2", "bert" })
        {
            foreach (TextPooling pooling in Enum.GetValues<TextPooling>())
            {
                data.Add(backbone, pooling, false);
            }

            data.Add(backbone, TextPooling.Mean, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Classifiers))]
    public void Classifier_OfEveryPooling_GivesTheScores(string backbone, TextPooling pooling, bool lora)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        using TextClassifier model = TextClassifier.Train(Backbone(backbone), texts, labels, 3, Options(pooling, lora), labelNames: ["money", "faults", "parcels"]);
        model.SaveOnnx(_scratch.File("out", "model.onnx"));

        Dictionary<string, Tensor> outputs = Run(model, texts);
        Near.Check("scores", tensor(model.Score(texts).Values, texts.Length, 3), outputs["scores"], null, Tolerance);
        Near.Check("softmax of logits", outputs["scores"], outputs["logits"].softmax(1), null, Tolerance);
        JsonElement config = JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(_scratch.File("out", "config.json")));
        Assert.Equal("faults", config.GetProperty("id2label").GetProperty("1").GetString());
    }

    [Fact]
    public void Classifier_WithTheFamilysOwnHead_GivesTheScores()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        foreach (string backbone in new[] { "gpt2", "bert" })
        {
            FineTuneOptions options = Options(null, lora: false);
            options.HeadStart = HeadStart.Family;
            using TextClassifier model = TextClassifier.Train(Backbone(backbone), texts, labels, 3, options);
            model.SaveOnnx(_scratch.File(backbone, "model.onnx"));
            Near.Check(backbone, tensor(model.Score(texts).Values, texts.Length, 3), Run(model, texts, backbone)["scores"], null, Tolerance);
        }
    }

    [Fact]
    public void OtherTasks_GiveTheirScores()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        using TextRegressor regressor = TextRegressor.Train(TinyBert.Backbone, texts, [.. labels.Select(label => 100f + (10 * label))], Options(TextPooling.Mean, lora: false));
        Compare(regressor, texts, 1e-3);
        using TextMultiLabelClassifier many = TextMultiLabelClassifier.Train(TinyBackbone.Backbone, texts, [.. labels.Select(label => (IReadOnlyList<bool>)[label == 0, label != 2])], 2, Options(TextPooling.Mean, lora: false));
        Compare(many, texts, Tolerance);
        using TextBinaryClassifier binary = TextBinaryClassifier.Train(TinyBackbone.Backbone, texts, [.. labels.Select(label => label == 0)], Options(TextPooling.Mean, lora: false));
        Compare(binary, texts, Tolerance);
    }

    [Fact]
    public void Pairs_TakeTheirTokenTypes()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        string[] seconds = [.. texts.Reverse()];
        using TextClassifier model = TextClassifier.Train(TinyBert.Backbone, texts, labels, 3, Options(TextPooling.Family, lora: false), seconds);
        model.SaveOnnx(_scratch.File("out", "model.onnx"));

        EncodedPair[] pairs = [.. texts.Zip(seconds, (first, second) => model.LanguageModel.Tokenizer.EncodePair(first, second, model.MaxSequenceLength))];
        var (ids, mask) = Padded([.. pairs.Select(pair => pair.Ids)]);
        Tensor types = stack([.. pairs.Select(pair => tensor([.. Enumerable.Range(0, (int)ids.shape[1]).Select(column => column >= pair.SecondStart && column < pair.Ids.Length ? 1L : 0L)]))]);
        using var run = new OnnxRun(_scratch.File("out", "model.onnx"));
        Near.Check("scores", tensor(model.Score(texts, seconds).Values, texts.Length, 3), run.Run(ids, mask, types)["scores"], null, Tolerance);
    }

    [Theory]
    [InlineData(OnnxWeightType.Float16, 2e-3)]
    [InlineData(OnnxWeightType.Int8, 0.1)]
    public void ShorterWeights_LoseLittleAndAreShorter(OnnxWeightType type, double tolerance)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        foreach (string backbone in new[] { "gpt2", "bert" })
        {
            using TextClassifier model = TextClassifier.Train(Backbone(backbone), texts, labels, 3, Options(TextPooling.Mean, lora: false));
            model.SaveOnnx(_scratch.File(backbone, "long.onnx"));
            model.SaveOnnx(_scratch.File(backbone, "model.onnx"), new() { Type = type });
            Near.Check(backbone, tensor(model.Score(texts).Values, texts.Length, 3), Run(model, texts, backbone)["scores"], null, tolerance);
            Assert.True(new FileInfo(_scratch.File(backbone, "model.onnx")).Length < new FileInfo(_scratch.File(backbone, "long.onnx")).Length);
        }
    }

    [Fact]
    public void Labels_AreTheCallersInOrder_AndMustBeAsManyAsTheNumbers()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        using TextClassifier model = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, Options(TextPooling.Mean, lora: false));
        model.SaveOnnx(_scratch.File("model.onnx"), labels: ["Größe", "b", "c"]);
        using var run = new OnnxRun(_scratch.File("model.onnx"));
        Assert.Equal("[\"Größe\",\"b\",\"c\"]", run.Facts["labels"]);
        Assert.Equal("SingleLabel", run.Facts["content"]);
        Assert.Contains("2 labels", Assert.Throws<ArgumentException>(() => model.SaveOnnx(_scratch.File("model.onnx"), labels: ["a", "b"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OptionsOfLanguageModels_AreRefused()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        using TextClassifier model = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, Options(TextPooling.Mean, lora: false));
        foreach (OnnxSaveOptions options in new OnnxSaveOptions[] { new() { HasPast = true }, new() { Content = OnnxContent.NextTokens }, new() { Pooling = TextPooling.Max }, new() { Normalize = true }, new() { MaxFileBytes = -1 }, new() { Type = (OnnxWeightType)9 } })
        {
            Assert.Contains("OnnxSaveOptions.", Assert.ThrowsAny<ArgumentException>(() => model.SaveOnnx(_scratch.File("model.onnx"), options)).Message, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(_scratch.File("model.onnx")));
    }

    private static ModelSource Backbone(string name) => name == "bert" ? TinyBert.Backbone : TinyBackbone.Backbone;

    private static FineTuneOptions Options(TextPooling? pooling, bool lora) => new()
    {
        Epochs = 2,
        Pooling = pooling,
        ValidationFraction = 0,
        Lora = lora ? new LoraOptions { Rank = 2 } : null,
    };

    private void Compare(FineTunedTextModel model, string[] texts, double tolerance)
    {
        string folder = model.GetType().Name;
        model.SaveOnnx(_scratch.File(folder, "model.onnx"));
        Near.Check(folder, tensor(model.Score(texts).Values, texts.Length, model.OutputCount), Run(model, texts, folder)["scores"], null, tolerance);
    }

    /// <summary>Cut by the tokenizer that lies beside the file, and padded.</summary>
    private Dictionary<string, Tensor> Run(FineTunedTextModel model, string[] texts, string folder = "out")
    {
        TextTokenizer tokenizer = TextTokenizer.Load(new DirectorySource(_scratch.File(folder)));
        var (ids, mask) = Padded([.. texts.Select(text => tokenizer.Encode(text, model.MaxSequenceLength).Ids)]);
        using var run = new OnnxRun(_scratch.File(folder, "model.onnx"));
        return run.Run(ids, mask);
    }

    internal static (Tensor Ids, Tensor Mask) Padded(int[][] rows)
    {
        int columns = rows.Max(row => row.Length);
        long[] ids = [.. rows.SelectMany(row => row.Select(id => (long)id).Concat(Enumerable.Repeat(0L, columns - row.Length)))];
        long[] mask = [.. rows.SelectMany(row => Enumerable.Range(0, columns).Select(column => column < row.Length ? 1L : 0L))];
        return (tensor(ids, rows.Length, columns), tensor(mask, rows.Length, columns));
    }
}

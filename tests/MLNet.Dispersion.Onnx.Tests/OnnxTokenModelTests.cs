using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>Fine-tuned models of words, answers and embeddings as ONNX files: the numbers of the library, of tokens that the tokenizer beside the file makes.</summary>
public sealed class OnnxTokenModelTests : IDisposable
{
    private const double Tolerance = 1e-5;
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("gpt2", null)]
    [InlineData("gpt2", HeadStart.Family)]
    [InlineData("bert", null)]
    [InlineData("bert", HeadStart.Family)]
    public void WordClassifier_GivesTheTags(string backbone, HeadStart? start)
    {
        var rows = TaggedSentences.Make(24);
        WordText[] texts = [.. rows.Select(row => WordText.OfWords(row.Words))];
        using TextTokenClassifier model = TextTokenClassifier.Train(Backbone(backbone), texts, [.. rows.Select(row => row.Tags)], Options(start));
        model.SaveOnnx(_scratch.File("out", "model.onnx"));

        using var run = new OnnxRun(_scratch.File("out", "model.onnx"));
        TextTokenizer tokenizer = TextTokenizer.Load(new DirectorySource(_scratch.File("out")));
        var (ids, mask) = OnnxTextModelTests.Padded([.. texts.Select(text => tokenizer.Encode(text.Text).Ids)]);
        Tensor logits = run.Run(ids, mask)["logits"];
        Near.Check("logits", Expected(model.LanguageModel, model.Head, ids, mask), logits, mask, Tolerance);
        Assert.Equal(model.Tags.Count, logits.shape[2]);
        Assert.All(model.Tags, tag => Assert.Contains($"\"{tag}\"", run.Facts["labels"], StringComparison.Ordinal));
        Assert.Contains("pipeline_tag: token-classification", File.ReadAllText(_scratch.File("out", "README.md")), StringComparison.Ordinal);
        Assert.Contains("B-PAY", File.ReadAllText(_scratch.File("out", "config.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bert")]
    public void Answerer_GivesTheLogitsOfStartsAndEnds(string backbone)
    {
        var rows = AskedSentences.Make(24);
        using TextQuestionAnswerer model = TextQuestionAnswerer.Train(Backbone(backbone), [.. rows.Select(row => row.Question)], [.. rows.Select(row => row.Context)], [.. rows.Select(row => row.Answer)], Options(null));
        model.SaveOnnx(_scratch.File("out", "model.onnx"), new() { Content = OnnxContent.Head });

        using var run = new OnnxRun(_scratch.File("out", "model.onnx"));
        TextTokenizer tokenizer = TextTokenizer.Load(new DirectorySource(_scratch.File("out")));
        var (ids, mask) = OnnxTextModelTests.Padded([.. rows.Select(row => tokenizer.EncodePair(row.Question, row.Context).Ids)]);
        Dictionary<string, Tensor> outputs = run.Run(ids, mask);
        Near.Check("logits", Expected(model.LanguageModel, model.Head, ids, mask), stack([outputs["start_logits"], outputs["end_logits"]], -1), mask, Tolerance);
    }

    [Theory]
    [InlineData("bert", null, null)]
    [InlineData("bert", TextPooling.Attention, 16)]
    [InlineData("bert", TextPooling.Family, null)]
    [InlineData("gpt2", TextPooling.LastToken, null)]
    [InlineData("gpt2", TextPooling.Mean, 8)]
    public void Embedder_GivesItsVectors(string backbone, TextPooling? pooling, int? size)
    {
        var (texts, _) = TinyBackbone.LabelledTexts(24);
        FineTuneOptions options = Options(null);
        options.Pooling = pooling;
        using TextEmbedder model = TextEmbedder.Train(Backbone(backbone), [texts, [.. texts.Reverse()]], options, new EmbeddingOptions { OutputSize = size });
        model.SaveOnnx(_scratch.File("out", "model.onnx"));

        using var run = new OnnxRun(_scratch.File("out", "model.onnx"));
        TextTokenizer tokenizer = TextTokenizer.Load(new DirectorySource(_scratch.File("out")));
        var (ids, mask) = OnnxTextModelTests.Padded([.. texts.Select(text => tokenizer.Encode(text, model.MaxSequenceLength).Ids)]);
        Near.Check("sentence_embedding", tensor(model.Score(texts).Values, texts.Length, model.OutputCount), run.Run(ids, mask)["sentence_embedding"], null, Tolerance);
        Assert.DoesNotContain("id2label", File.ReadAllText(_scratch.File("out", "config.json")), StringComparison.Ordinal);
        Assert.Equal(backbone == "bert" && pooling is null && size is null, File.Exists(_scratch.File("out", "modules.json")));
        Assert.Contains("no labels", Assert.Throws<ArgumentException>(() => model.SaveOnnx(_scratch.File("out", "model.onnx"), labels: ["a"])).Message, StringComparison.Ordinal);
        Assert.Contains("Embeddings", Assert.Throws<ArgumentException>(() => model.SaveOnnx(_scratch.File("out", "model.onnx"), new() { Content = OnnxContent.Head })).Message, StringComparison.Ordinal);
    }

    private static ModelSource Backbone(string name) => name == "bert" ? TinyBert.Backbone : TinyBackbone.Backbone;

    private static FineTuneOptions Options(HeadStart? start) => new() { Epochs = 2, ValidationFraction = 0, HeadStart = start ?? new FineTuneOptions().HeadStart };

    private static Tensor Expected(PretrainedLanguageModel model, PretrainedHead head, Tensor ids, Tensor mask)
    {
        using var noGradient = no_grad();
        Tensor real = mask.to(ScalarType.Bool);
        return head.Outputs(model.Backbone.Forward(ids, real, HiddenStateSelection.None).LastHiddenState, ids, real);
    }
}

using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>Models of every task give the same answers through ONNX Runtime, whatever they stand on.</summary>
public sealed class OnnxRuntimeScoresTests
{
    private const float Tolerance = 1e-4f;
    private const int Rows = 30;
    private static readonly OnnxRuntimeEngine Engine = new();

    public static TheoryData<string> Backbones => ["gpt2", "llama", "bert"];

    [Theory]
    [MemberData(nameof(Backbones))]
    public void ModelsOfTexts_GiveTheirScores(string backbone)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(Rows);
        ModelSource source = TinyBackbones.Named(backbone);
        using TextClassifier classes = TextClassifier.Train(source, texts, labels, 3, Options());
        Compare(classes, texts);
        using TextBinaryClassifier binary = TextBinaryClassifier.Train(source, texts, [.. labels.Select(label => label == 0)], Options());
        Compare(binary, texts);
        using TextMultiLabelClassifier many = TextMultiLabelClassifier.Train(source, texts, [.. labels.Select(label => (IReadOnlyList<bool>)[label == 0, label != 2])], 2, Options());
        Compare(many, texts);
        using TextRegressor values = TextRegressor.Train(source, texts, [.. labels.Select(label => (float)label)], Options());
        Compare(values, texts);
        using TextRanker ranker = TextRanker.Train(source, texts, [.. texts.Reverse()], [.. labels.Select(label => (float)label)], [.. Enumerable.Range(0, Rows).Select(row => $"{row / 3}")], Options());
        Compare(ranker, texts, [.. texts.Reverse()]);
        using TextEmbedder embedder = TextEmbedder.FromPretrained(source, TextPooling.Mean);
        Compare(embedder, texts);
    }

    [Theory]
    [MemberData(nameof(Backbones))]
    public void Pairs_HeadsOfFamilies_Adapters_AndWindows_GiveTheirScores(string backbone)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(Rows);
        ModelSource source = TinyBackbones.Named(backbone);
        FineTuneOptions family = Options(), adapter = Options();
        family.HeadStart = HeadStart.Family;
        adapter.Lora = new LoraOptions { Rank = 2 };
        using TextClassifier pairs = TextClassifier.Train(source, texts, labels, 3, family, [.. texts.Reverse()]);
        Compare(pairs, texts, [.. texts.Reverse()]);
        using TextClassifier adapted = TextClassifier.Train(source, texts, labels, 3, adapter);
        Compare(adapted, texts);
        string[] longs = [.. texts.Chunk(5).Select(chunk => string.Join(' ', chunk.Concat(chunk)))];
        using TextClassifier windows = TextClassifier.Train(source, longs, [.. longs.Select((_, i) => i % 2)], 2, Options(), windowOverlap: 4);
        Compare(windows, longs);
    }

    [Theory]
    [MemberData(nameof(Backbones))]
    public void TagsAndAnswers_AreTheSame(string backbone)
    {
        ModelSource source = TinyBackbones.Named(backbone);
        var tagged = TaggedSentences.Make(Rows);
        WordText[] texts = [.. tagged.Select(sentence => WordText.OfWords(sentence.Words))];
        using TextTokenClassifier tagger = TextTokenClassifier.Train(source, texts, [.. tagged.Select(sentence => (IReadOnlyList<string>)sentence.Tags)], Options());
        IReadOnlyList<TaggedWords> tags = tagger.Tag(texts);
        tagger.ScoreWith(Engine);
        foreach (var (expected, actual) in tags.Zip(tagger.Tag(texts)))
        {
            Assert.Equal(expected.Tags, actual.Tags);
            AssertNear(expected.Scores, actual.Scores);
        }

        var asked = AskedSentences.Make(Rows);
        using TextQuestionAnswerer answerer = TextQuestionAnswerer.Train(source, [.. asked.Select(row => row.Question)], [.. asked.Select(row => row.Context)], [.. asked.Select(row => row.Answer)], Options());
        IReadOnlyList<FoundAnswers> Ask() => answerer.Answer([.. asked.Select(row => row.Question)], [.. asked.Select(row => row.Context)], 2);
        IReadOnlyList<FoundAnswers> answers = Ask();
        answerer.ScoreWith(Engine);
        foreach (var (expected, actual) in answers.Zip(Ask()))
        {
            Assert.Equal(expected.Best.Select(answer => answer.Text), actual.Best.Select(answer => answer.Text));
            AssertNear([.. expected.Best.Select(answer => (float)answer.Score)], [.. actual.Best.Select(answer => (float)answer.Score)]);
        }
    }

    [Theory]
    [MemberData(nameof(Backbones))]
    public void FeaturesAndLikelihoods_AreTheSame(string backbone)
    {
        string[] texts = [.. TinyBackbone.LabelledTexts(Rows).Texts, ""];
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbones.Named(backbone));
        using var extractor = new TextFeatureExtractor(model);
        TextFeatures[] Extract() => extractor.Extract(texts, likelihoods: model.Backbone.IsCausal);
        TextFeatures[] torch = Extract();
        extractor.ScoreWith(Engine);
        foreach (var (expected, actual) in torch.Zip(Extract()))
        {
            AssertNear(expected.Embedding!, actual.Embedding!);
            Assert.Equal(expected.LogLikelihood ?? 0, actual.LogLikelihood ?? 0, 1e-3);
        }
    }

    [Theory]
    [InlineData(OnnxWeightType.Float16, 2e-3f)]
    [InlineData(OnnxWeightType.Int8, 0.1f)]
    public void ShorterWeights_LoseLittle(OnnxWeightType type, float tolerance)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(Rows);
        foreach (string backbone in new[] { "gpt2", "bert" })
        {
            using TextClassifier model = TextClassifier.Train(TinyBackbones.Named(backbone), texts, labels, 3, Options());
            float[] expected = model.Score(texts).Values;
            model.ScoreWith(new OnnxRuntimeEngine(new() { Weights = type, Threads = 1 }));
            float[] actual = model.Score(texts).Values;
            AssertNear(expected, actual, tolerance);
            Assert.NotEqual(expected, actual);
        }
    }

    /// <summary>The same through the engine, and to the bit as before through torch again.</summary>
    private static void Compare(FineTunedTextModel model, string[] texts, string[]? seconds = null)
    {
        float[] expected = model.Score(texts, seconds).Values;
        model.ScoreWith(Engine);
        TextScores scores = model.Score(texts, seconds);
        AssertNear(expected, scores.Values);
        AssertNear(expected[..model.OutputCount], model.Score(texts[..1], seconds?[..1]).Values);
        Assert.Equal(Labels(expected, model.OutputCount), Labels(scores.Values, model.OutputCount));
        model.ScoreWith(null);
        Assert.Equal(expected, model.Score(texts, seconds).Values);
    }

    private static int[] Labels(float[] values, int width) => [.. values.Chunk(width).Select(row => row.Index().MaxBy(pair => pair.Item).Index)];

    private static void AssertNear(IReadOnlyList<float> expected, IReadOnlyList<float> actual, float tolerance = Tolerance) =>
        Near.Check("scores", tensor([.. expected]), tensor([.. actual]), null, tolerance);

    private static FineTuneOptions Options() => new() { Epochs = 2, ValidationFraction = 0, Seed = 1 };
}

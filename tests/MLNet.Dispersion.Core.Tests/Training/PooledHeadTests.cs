namespace MLNet.Dispersion.Tests.Training;

/// <summary>Every pooling below every head: it trains, is saved with the model and holds where the model is loaded.</summary>
public sealed class PooledHeadTests
{
    public static TheoryData<TextPooling?> Poolings => [null, .. Enum.GetValues<TextPooling>()];

    [Theory]
    [MemberData(nameof(Poolings))]
    public void Classifier_AnyPooling_LearnsAndComesBack(TextPooling? pooling)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(60);
        FineTuneOptions options = Options(pooling);
        using var classifier = TextClassifier.Train(TinyBert.Backbone, texts, labels, 3, options);
        float[] scores = AfterSaving(classifier, texts, source => TextClassifier.Load(source, "cpu"));

        Assert.Equal(pooling ?? TextPooling.Mean, classifier.Pooling);
        Assert.Equal(classifier.Score(texts).Values, scores);
        Assert.True(classifier.TrainingResult!.History[^1].TaskLoss < classifier.TrainingResult.History[0].TaskLoss);
        Assert.Equal(pooling == TextPooling.Attention, classifier.AttentionQuery is not null);
    }

    [Theory]
    [InlineData(TextPooling.Attention)]
    [InlineData(TextPooling.WeightedMean)]
    public void OtherHeads_AndPairs_ComeBack(TextPooling pooling)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        FineTuneOptions options = Options(pooling);
        using var binary = TextBinaryClassifier.Train(TinyBackbone.Backbone, texts, [.. labels.Select(label => label == 0)], options, texts.Reverse().ToArray());
        using var regressor = TextRegressor.Train(TinyBackbone.Backbone, texts, [.. labels.Select(label => (float)label)], options);

        Assert.Equal(binary.Score(texts, texts).Values, AfterSaving(binary, texts, source => TextBinaryClassifier.Load(source, "cpu"), texts));
        Assert.Equal(regressor.Score(texts).Values, AfterSaving(regressor, texts, source => TextRegressor.Load(source, "cpu")));
    }

    [Fact]
    public void Attention_QueryThatWasTrained_IsNotZeroAndGivesEmbeddings()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(60);
        using var classifier = TextClassifier.Train(TinyBert.Backbone, texts, labels, 3, Options(TextPooling.Attention));
        IReadOnlyList<float> query = classifier.AttentionQuery!;
        var attending = new TextFeatureExtractor(classifier.LanguageModel, new() { Pooling = TextPooling.Attention, AttentionQuery = query });
        var even = new TextFeatureExtractor(classifier.LanguageModel, new() { Pooling = TextPooling.Mean });

        Assert.Contains(query, value => value != 0);
        Assert.NotEqual(even.Extract(texts, likelihoods: false)[0].Embedding, attending.Extract(texts, likelihoods: false)[0].Embedding);
    }

    /// <summary>What files of version 1 mean, which do not name it.</summary>
    [Fact]
    public void Load_FileThatNamesNoPooling_KeepsTheFamilysOwn()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        using var classifier = TextClassifier.Train(TinyBert.Backbone, texts, labels, 3, Options(TextPooling.Family));
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            classifier.Save(new DirectorySink(folder));
            string file = Path.Combine(folder, "classifier.json");
            string[] lines = [.. File.ReadAllLines(file).Where(line => !line.Contains("pooling", StringComparison.Ordinal)).Select(line => line.Replace("\"version\": 2", "\"version\": 1", StringComparison.Ordinal))];
            Assert.Contains(lines, line => line.Contains("\"version\": 1", StringComparison.Ordinal));
            File.WriteAllText(file, System.Text.RegularExpressions.Regex.Replace(string.Join('\n', lines), @",(\s*})", "$1"));
            using var loaded = TextClassifier.Load(new DirectorySource(folder), "cpu");

            Assert.Equal(TextPooling.Family, loaded.Pooling);
            Assert.Equal(classifier.Score(texts).Values, loaded.Score(texts).Values);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static FineTuneOptions Options(TextPooling? pooling) => new()
    {
        Epochs = 4, MicroBatchSize = 8, LearningRate = 3e-3, HeadLearningRateMultiplier = 3, Pooling = pooling, ValidationFraction = 0, Precision = Precision.Float32, Device = "cpu", Seed = 3, GeometryProbe = null,
    };

    private static float[] AfterSaving(FineTunedTextModel model, string[] texts, Func<FileSource, FineTunedTextModel> load, string[]? second = null)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            model.Save(new DirectorySink(folder));
            using FineTunedTextModel loaded = load(new DirectorySource(folder));
            Assert.Equal(model.Pooling, loaded.Pooling);
            Assert.Equal(model.AttentionQuery, loaded.AttentionQuery);
            return loaded.Score(texts, second).Values;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

namespace MLNet.Dispersion.Tests.Training;

public sealed class TextEmbedderTests
{
    [Fact]
    public void Train_Pairs_BringsLikeTextsTogether()
    {
        IReadOnlyList<IReadOnlyList<string>> columns = Pairs(60);
        using var before = TextEmbedder.FromPretrained(TinyBackbone.Backbone, device: "cpu");
        using var after = TextEmbedder.Train(TinyBackbone.Backbone, columns, Options(8));

        Assert.True(Found(after) > Found(before) + 0.2, $"{Found(before)} before, {Found(after)} after");
        Assert.True(after.Normalize);
        Assert.All(after.Embed(["refund", "crash bug", ""]), vector => Assert.Equal(1, vector.Sum(x => x * x), 1e-4));

        // How often the nearest of three, one of each class, is of a text's own class.
        static double Found(TextEmbedder embedder)
        {
            var (texts, labels) = TinyBackbone.LabelledTexts(90, seed: 9);
            float[][] vectors = embedder.Embed(texts);
            return Enumerable.Range(0, 87).Average(row => Enumerable.Range(row + 1, 3).MaxBy(other => TextEmbedder.Cosine(vectors[row], vectors[other])) is var nearest && labels[nearest] == labels[row] ? 1.0 : 0);
        }
    }

    [Theory]
    [InlineData(EmbeddingLoss.MultipleNegatives, 2, false)]
    [InlineData(EmbeddingLoss.MultipleNegatives, 4, false)]
    [InlineData(EmbeddingLoss.Triplet, 3, false)]
    [InlineData(EmbeddingLoss.CosineSimilarity, 2, true)]
    [InlineData(EmbeddingLoss.CoSent, 2, true)]
    [InlineData(EmbeddingLoss.Angle, 2, true)]
    [InlineData(EmbeddingLoss.Contrastive, 2, true)]
    [InlineData(EmbeddingLoss.OnlineContrastive, 2, true)]
    public void Train_EachLoss_LowersIt(EmbeddingLoss loss, int columns, bool scored)
    {
        IReadOnlyList<IReadOnlyList<string>> texts = Pairs(24);
        IReadOnlyList<string>[] all = [texts[0], texts[1], .. Enumerable.Range(1, columns - 2).Select(shift => (IReadOnlyList<string>)[.. texts[0].Skip(shift).Concat(texts[0].Take(shift))])];
        float[]? scores = scored ? [.. Enumerable.Range(0, 24).Select(row => row % 2 == 0 ? 1f : 0)] : null;
        if (scored)
        {
            // Every other pair is of two classes.
            all[1] = [.. texts[1].Select((text, row) => row % 2 == 0 ? text : texts[0][(row + 1) % 24])];
        }

        FineTuneOptions options = Options(6);
        options.MicroBatchSize = 24;
        using var embedder = TextEmbedder.Train(TinyBackbone.Backbone, all, options, new EmbeddingOptions { Loss = loss, MatryoshkaSizes = [32, 8], MatryoshkaWeights = [1, 0.5] }, scores);

        IReadOnlyList<TrainingProgress> history = embedder.TrainingResult!.History;
        Assert.True(history[^1].TaskLoss < history[0].TaskLoss, $"{history[0].TaskLoss} to {history[^1].TaskLoss}");
    }

    [Theory]
    [InlineData(TextPooling.Mean)]
    [InlineData(TextPooling.Attention)]
    public void Save_Loaded_EmbedsTheSame(TextPooling pooling)
    {
        FineTuneOptions options = Options(1);
        options.Pooling = pooling;
        options.MaxSequenceLength = 12;
        options.GeometryProbe = new GeometryProbeOptions();
        using var embedder = TextEmbedder.Train(TinyBackbone.Backbone, Pairs(12), options, new EmbeddingOptions { OutputSize = 8 });
        InFolder(folder =>
        {
            embedder.Save(new DirectorySink(folder));
            using var loaded = TextEmbedder.Load(new DirectorySource(folder), "cpu");

            Assert.Equal((8, 12, pooling, true), (loaded.OutputCount, loaded.MaxSequenceLength, loaded.Pooling, loaded.Normalize));
            Assert.Equal(embedder.Score(["a refund", "", null]).Values, loaded.Score(["a refund", "", null]).Values);
            Assert.NotEmpty(loaded.GeometryHistory);
        });
    }

    [Fact]
    public void SavePretrained_Encoder_OpensAsItWas()
    {
        FineTuneOptions options = Options(1);
        options.Pooling = TextPooling.FirstToken;
        options.MaxSequenceLength = 9;
        options.Lora = new LoraOptions { Rank = 2 };
        using var embedder = TextEmbedder.Train(TinyBert.Backbone, Pairs(12), options, new EmbeddingOptions { Normalize = false });
        InFolder(folder =>
        {
            embedder.SavePretrained(folder);
            using var opened = TextEmbedder.FromPretrained(ModelSource.FromDirectory(folder), device: "cpu");

            Assert.True(File.Exists(Path.Combine(folder, "1_Pooling", "config.json")));
            Assert.Equal((TextPooling.FirstToken, false, 9), (opened.Pooling, opened.Normalize, opened.MaxSequenceLength));
            string[] texts = ["the refund is broken", "please track my parcel again and again and again today"];
            Assert.All(embedder.Score(texts).Values.Zip(opened.Score(texts).Values), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        });
    }

    [Fact]
    public void Train_ARowOfWeightZero_TeachesNothing()
    {
        IReadOnlyList<IReadOnlyList<string>> texts = Pairs(8);
        float[] scores = [1, 0, 1, 0, 1, 0, 1, 0], others = [1, 0, 1, 0, 1, 0, 0, 0], weights = [1, 1, 1, 1, 1, 1, 0, 1];
        var options = new EmbeddingOptions { Loss = EmbeddingLoss.CoSent };

        using var one = TextEmbedder.Train(TinyBackbone.Backbone, texts, Options(2), options, scores, weights);
        using var other = TextEmbedder.Train(TinyBackbone.Backbone, texts, Options(2), options, others, weights);

        Assert.Equal(one.Score(texts[0]).Values, other.Score(texts[0]).Values);
    }

    [Fact]
    public void Train_BadRowsAndOptions_AreRefusedByName()
    {
        IReadOnlyList<IReadOnlyList<string>> two = Pairs(4);
        IReadOnlyList<string>[] three = [.. two, two[0]];
        float[] good = [0, 1, 0, 1];

        Assert.Contains("no training rows", Error(() => Train([[], []])), StringComparison.Ordinal);
        Assert.Contains("column 1 has 3", Error(() => Train([two[0], [.. two[1].Take(3)]])), StringComparison.Ordinal);
        Assert.Contains("one text a row", Error(() => Train([two[0]])), StringComparison.Ordinal);
        Assert.Contains("one pair", Error(() => Train([["a"], ["b"]])), StringComparison.Ordinal);
        Assert.Contains("Loss is CoSent, but the rows have no scores", Error(() => Train(two, EmbeddingLoss.CoSent)), StringComparison.Ordinal);
        Assert.Contains("it knows no scores", Error(() => Train(two, EmbeddingLoss.Triplet, good)), StringComparison.Ordinal);
        Assert.Contains("a triplet has one negative", Error(() => Train(two, EmbeddingLoss.Triplet)), StringComparison.Ordinal);
        Assert.Contains("the rows have negatives", Error(() => Train(three, null, good)), StringComparison.Ordinal);
        Assert.Contains("Row 1 has score 0.5", Error(() => Train(two, EmbeddingLoss.Contrastive, [1, 0.5f, 0, 1])), StringComparison.Ordinal);
        Assert.Contains("Row 0 has score 5", Error(() => Train(two, EmbeddingLoss.CosineSimilarity, [5, 1, 0, 1])), StringComparison.Ordinal);
        Assert.Contains("same score", Error(() => Train(two, null, [1, 1, 1, 1])), StringComparison.Ordinal);
        Assert.Contains("have no head to train", Error(() => Train(two, options: new FineTuneOptions { HeadOnly = true, Device = "cpu" })), StringComparison.Ordinal);
        Assert.Contains("vectors of 64 features", Error(() => TextEmbedder.Train(TinyBackbone.Backbone, two, Options(1), new EmbeddingOptions { MatryoshkaSizes = [64, 8] })), StringComparison.Ordinal);

        static TextEmbedder Train(IReadOnlyList<IReadOnlyList<string>> texts, EmbeddingLoss? loss = null, float[]? scores = null, FineTuneOptions? options = null) =>
            TextEmbedder.Train(TinyBackbone.Backbone, texts, options ?? Options(1), new EmbeddingOptions { Loss = loss }, scores);

        static string Error(Func<TextEmbedder> train) => Assert.ThrowsAny<ArgumentException>(() => train().Dispose()).Message;
    }

    /// <summary>Pairs of texts of one class.</summary>
    private static IReadOnlyList<IReadOnlyList<string>> Pairs(int count) => [TinyBackbone.LabelledTexts(count, seed: 3).Texts, TinyBackbone.LabelledTexts(count, seed: 4).Texts];

    private static FineTuneOptions Options(int epochs)
    {
        FineTuneOptions options = TextClassifierTests.Options();
        options.Epochs = epochs;
        options.ValidationFraction = 0;
        return options;
    }

    private static void InFolder(Action<string> use)
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-embed-").FullName;
        try
        {
            use(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

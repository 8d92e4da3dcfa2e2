using MLNet.Dispersion.Tests.Tokenization;

namespace MLNet.Dispersion.Tests.Training;

public sealed class TextClassifierTests
{
    [Fact]
    public void Train_SeparableTexts_LearnsThem()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(120);
        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, Options());

        var (unseen, truth) = TinyBackbone.LabelledTexts(60, seed: 99);

        Assert.True(Accuracy(classifier, unseen, truth) > 0.8);
        Assert.Equal(FineTuneStopReason.Completed, classifier.TrainingResult!.StopReason);
    }

    [Fact]
    public void Train_SameSeed_GivesTheSameWeightsBitForBit()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(40);
        var options = Options();
        options.Dropout = 0.2;
        options.Dispersion.MaxTokens = 4;
        using var one = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
        using var two = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
        options.Seed = 12;
        using var other = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);

        float[] expected = one.Score(texts).Values;

        Assert.Equal(expected, two.Score(texts).Values);
        Assert.NotEqual(expected, other.Score(texts).Values);
    }

    [Fact]
    public void Train_GlobalGenerator_IsNotMoved()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        var options = Options();
        options.Dropout = 0.2;
        using var before = TorchSharp.torch.get_rng_state();

        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);

        using var after = TorchSharp.torch.get_rng_state();
        Assert.Equal(before.data<byte>().ToArray(), after.data<byte>().ToArray());
    }

    [Fact]
    public void Train_AccumulatedGradients_FollowTheLargeBatch()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(16);
        var options = Options();
        options.ValidationFraction = 0;
        options.MaxSteps = 1;
        options.WarmupRatio = 0;
        options.MicroBatchSize = 16;
        using var whole = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
        options.MicroBatchSize = 4;
        options.GradientAccumulationSteps = 4;
        using var parts = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);

        Assert.Equal(whole.TrainingResult!.History[0].TaskLoss, parts.TrainingResult!.History[0].TaskLoss, 1e-5);
        Assert.Equal(whole.TrainingResult.History[0].Dispersion!.Value, parts.TrainingResult.History[0].Dispersion!.Value, 1e-5);
        Assert.Equal(whole.TrainingResult.History[0].GradientNorm, parts.TrainingResult.History[0].GradientNorm, 1e-4);
    }

    [Fact]
    public void Score_ManyTexts_EqualsOneByOneInTheCallersOrder()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(30);
        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, Options());
        string?[] mixed = ["", null, "   ", "refund 😀 \ud800 money", .. texts, string.Join(' ', texts)];

        TextScores scored = classifier.Score(mixed);
        float[] bulk = scored.Values;

        Assert.Equal(1, scored.TruncatedTexts);
        for (int row = 0; row < mixed.Length; row++)
        {
            float[] single = classifier.Score([mixed[row]]).Values;
            Assert.Equal(1, single.Sum(), 1e-5);
            Assert.All(Enumerable.Range(0, 3), k => Assert.Equal(single[k], bulk[(row * 3) + k], 1e-5));
        }
    }

    [Fact]
    public void Save_ThenLoad_GivesTheSameScores()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(30);
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, Options());
            classifier.Save(new DirectorySink(folder));

            using var loaded = TextClassifier.Load(new DirectorySource(folder), "cpu");

            Assert.Equal(classifier.Score(texts).Values, loaded.Score(texts).Values);
            Assert.Equal(3, loaded.ClassCount);
            Assert.Equal(classifier.MaxSequenceLength, loaded.MaxSequenceLength);
            Assert.Null(loaded.TrainingResult);
            Assert.Equal([0, classifier.TrainingResult!.Steps], loaded.GeometryHistory.Select(snapshot => snapshot.Step));
            Assert.All(classifier.GeometryHistory.Zip(loaded.GeometryHistory), pair =>
            {
                Assert.Equal(pair.First.Profile.ToString(), pair.Second.Profile.ToString());
                Assert.Equal(pair.First.Profile.Layers.Select(layer => layer.MeanCosine), pair.Second.Profile.Layers.Select(layer => layer.MeanCosine));
                Assert.Equal(pair.First.Profile.Layers.Select(layer => layer.Pooled.Histogram!.Counts), pair.Second.Profile.Layers.Select(layer => layer.Pooled.Histogram!.Counts));
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("classifier.json", "{")]
    [InlineData("classifier.json", "{\"formatVersion\":3,\"classCount\":3,\"maxSequenceLength\":8}")]
    [InlineData("classifier.json", "{\"formatVersion\":1,\"classCount\":1,\"maxSequenceLength\":8}")]
    [InlineData("classifier.json", "{\"formatVersion\":1,\"classCount\":4,\"maxSequenceLength\":8}")]
    [InlineData("classifier.safetensors", "")]
    [InlineData("classifier.json", null)]
    [InlineData("geometry-history.json", "{")]
    [InlineData("geometry-history.json", "{\"schema\":\"mlnet-dispersion/geometry-history\",\"version\":9,\"snapshots\":[]}")]
    [InlineData("geometry-history.json", "{\"schema\":\"mlnet-dispersion/geometry-history\",\"version\":1,\"snapshots\":[{\"step\":0,\"texts\":1,\"shortTexts\":0,\"tokens\":2,\"tokensPerText\":null,\"layers\":[{\"pooled\":{\"meanCosine\":7,\"meanCosineOffDiagonal\":0,\"histogramCounts\":null},\"elementwise\":null}]}]}")]
    [InlineData("classifier.safetensors", null)]
    public void Load_DamagedFile_NamesIt(string file, string? content)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var options = Options();
            options.MaxSteps = 1;
            using (var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options))
            {
                classifier.Save(new DirectorySink(folder));
            }

            string path = Path.Combine(folder, file);
            File.Delete(path);
            if (content is not null)
            {
                File.WriteAllText(path, content);
            }

            var error = Assert.Throws<ModelFileException>(() => TextClassifier.Load(new DirectorySource(folder), "cpu"));

            Assert.Contains(Path.GetFileNameWithoutExtension(file), error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A head beside the language model: a weight in it that is no number is found when it is read, like one of the model.</summary>
    [Fact]
    public void Load_AHeadsWeightThatIsNoNumber_NamesFileAndTensor()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        var options = Options();
        options.MaxSteps = 1;
        var files = new MemorySource();
        using (var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options))
        {
            classifier.Save(files.Sink());
        }

        byte[] bytes = [.. files["classifier.safetensors"]];
        BitConverter.GetBytes(float.NaN).CopyTo(bytes, bytes.Length - sizeof(float));
        files["classifier.safetensors"] = bytes;

        var error = Assert.Throws<ModelFileException>(() => TextClassifier.Load(files, "cpu"));

        Assert.Contains("no number or infinite", error.Message, StringComparison.Ordinal);
        Assert.Contains("classifier.safetensors", error.Message, StringComparison.Ordinal);
        Assert.Contains(ScoreHead.WeightName, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_BadRows_AreRefusedBeforeAnyWork()
    {
        var backbone = TinyBackbone.Backbone;

        Assert.Contains("no training rows", Assert.Throws<ArgumentException>(() => TextClassifier.Train(backbone, [], [], 2, Options())).Message, StringComparison.Ordinal);
        Assert.Contains("2 texts but 1 labels", Assert.Throws<ArgumentException>(() => TextClassifier.Train(backbone, ["a", "b"], [0], 2, Options())).Message, StringComparison.Ordinal);
        Assert.Contains("same label", Assert.Throws<ArgumentException>(() => TextClassifier.Train(backbone, ["a", "b"], [1, 1], 2, Options())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => TextClassifier.Train(backbone, ["a", "b"], [0, 2], 2, Options()));
        Assert.Throws<ArgumentOutOfRangeException>(() => TextClassifier.Train(backbone, ["a", "b"], [0, 0], 1, Options()));
    }

    [Fact]
    public void Score_AfterDispose_Throws()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        var options = Options();
        options.MaxSteps = 1;
        var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);

        classifier.Dispose();
        classifier.Dispose();

        Assert.Throws<ObjectDisposedException>(() => classifier.Score(texts).Values);
    }

    internal static FineTuneOptions Options() => new()
    {
        Epochs = 4,
        MicroBatchSize = 8,
        LearningRate = 3e-3,
        Precision = Precision.Float32,
        Device = "cpu",
        Seed = 3,
    };

    private static double Accuracy(TextClassifier classifier, string[] texts, int[] labels)
    {
        float[] scores = classifier.Score(texts).Values;
        return labels.Select((label, row) => scores.AsSpan(row * 3, 3).ToArray()).Select((row, i) => Array.IndexOf(row, row.Max()) == labels[i] ? 1.0 : 0).Average();
    }
}

namespace MLNet.Dispersion.Tests.Training;

public sealed class TextRegressorTests
{
    [Fact]
    public void Train_HowOftenAWordOccurs_LearnsIt()
    {
        var (texts, labels) = Counted(160, seed: 1);
        var options = TextClassifierTests.Options();
        options.Epochs = 12;
        using var regressor = TextRegressor.Train(TinyBackbone.Backbone, texts, labels, options);
        var (unseen, truth) = Counted(60, seed: 2);

        float[] predicted = regressor.Score(unseen).Values;

        double mean = truth.Average();
        double explained = 1 - (predicted.Zip(truth, (p, t) => Math.Pow(p - t, 2)).Sum() / truth.Sum(t => Math.Pow(t - mean, 2)));
        Assert.True(explained > 0.6, $"R squared is {explained}");
    }

    [Fact]
    public void Train_FirstStep_ReportsTheSquaredErrorOfStandardisedLabels()
    {
        var (texts, labels) = Counted(16, seed: 1);
        var options = TextClassifierTests.Options();
        options.ValidationFraction = 0;
        options.MaxSteps = 1;
        options.WarmupRatio = 1;
        options.MicroBatchSize = 16;

        using var regressor = TextRegressor.Train(TinyBackbone.Backbone, texts, labels, options);

        // In the first step of a warm-up the learning rate is 0: the weights are those that the loss was computed with.
        double mean = labels.Average(label => (double)label);
        double variance = labels.Average(label => (label - mean) * (label - mean));
        double expected = regressor.Score(texts).Values.Zip(labels, (p, t) => (p - t) * (double)(p - t)).Average() / variance;
        Assert.Equal(expected, regressor.TrainingResult!.History[0].TaskLoss, 1e-4 * expected);
        Assert.Equal(mean, regressor.LabelMean, 1e-9);
        Assert.Equal(Math.Sqrt(variance), regressor.LabelDeviation, 1e-9);
    }

    [Fact]
    public void Predict_LabelsOfAnotherScale_FollowIt()
    {
        var (texts, labels) = Counted(24, seed: 1);
        var options = TextClassifierTests.Options();
        options.MaxSteps = 3;
        using var small = TextRegressor.Train(TinyBackbone.Backbone, texts, labels, options);
        using var large = TextRegressor.Train(TinyBackbone.Backbone, texts, [.. labels.Select(label => (label * 4096) - 8192)], options);

        float[] expected = [.. small.Score(texts).Values.Select(value => (value * 4096) - 8192)];

        Assert.All(expected.Zip(large.Score(texts).Values), pair => Assert.Equal(pair.First, pair.Second, 4096 * 1e-3));
    }

    [Fact]
    public void Save_ThenLoad_PredictsTheSame()
    {
        var (texts, labels) = Counted(24, seed: 1);
        string[] seconds = [.. texts.Reverse()];
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var options = TextClassifierTests.Options();
            options.MaxSteps = 2;
            using var regressor = TextRegressor.Train(TinyBackbone.Backbone, texts, labels, options, seconds);
            regressor.Save(new DirectorySink(folder));

            using var loaded = TextRegressor.Load(new DirectorySource(folder), "cpu");

            Assert.Equal(regressor.Score(texts, seconds).Values, loaded.Score(texts, seconds).Values);
            Assert.Equal((true, regressor.MaxSequenceLength, regressor.LabelMean, regressor.LabelDeviation), (loaded.ReadsPairs, loaded.MaxSequenceLength, loaded.LabelMean, loaded.LabelDeviation));
            Assert.Contains("second", Assert.Throws<ArgumentException>(() => loaded.Score(texts).Values).Message, StringComparison.Ordinal);
            Assert.Throws<ModelFileException>(() => TextClassifier.Load(new DirectorySource(folder), "cpu"));
            File.WriteAllText(Path.Combine(folder, "regressor.json"), "{\"formatVersion\":1,\"maxSequenceLength\":8,\"scoringPrecision\":\"Float32\",\"pairs\":true,\"labelMean\":0,\"labelDeviation\":0}");
            Assert.Contains("standard deviation 0", Assert.Throws<ModelFileException>(() => TextRegressor.Load(new DirectorySource(folder), "cpu")).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Train_BadLabels_AreRefusedBeforeAnyWork()
    {
        var backbone = TinyBackbone.Backbone;
        var options = TextClassifierTests.Options();

        Assert.Contains("Row 1 has label NaN", Error([1, float.NaN]), StringComparison.Ordinal);
        Assert.Contains("finite", Error([1, float.PositiveInfinity]), StringComparison.Ordinal);
        Assert.Contains("the same label, 4", Error([4, 4]), StringComparison.Ordinal);
        Assert.Contains("2 texts but 1 labels", Error([4]), StringComparison.Ordinal);
        Assert.Contains("no training rows", Assert.Throws<ArgumentException>(() => TextRegressor.Train(backbone, [], [], options)).Message, StringComparison.Ordinal);
        Assert.Contains("2 first texts but 1 second", Assert.Throws<ArgumentException>(() => TextRegressor.Train(backbone, ["a", "b"], [1, 2], options, ["c"])).Message, StringComparison.Ordinal);

        string Error(float[] labels) => Assert.ThrowsAny<ArgumentException>(() => TextRegressor.Train(backbone, ["a", "b"], labels, options)).Message;
    }

    [Fact]
    public void Train_PairsWithTooLittleRoom_SaysHowMuchTheyNeed()
    {
        var options = TextClassifierTests.Options();
        options.MaxSequenceLength = 2;

        var error = Assert.ThrowsAny<ArgumentException>(() => TextRegressor.Train(TinyBackbone.Backbone, ["a", "b"], [1, 2], options, ["c", "d"]));

        Assert.Contains("at least 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classifier_SameOrDifferentTexts_LearnsToTell()
    {
        var (firsts, seconds, labels) = Pairs(240, seed: 1);
        var options = TextClassifierTests.Options();
        options.Epochs = 20;
        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, firsts, labels, 2, options, seconds);
        var (unseen, unseenSeconds, truth) = Pairs(80, seed: 2);

        float[] scores = classifier.Score(unseen, unseenSeconds).Values;

        double accuracy = truth.Select((label, i) => (scores[(2 * i) + 1] > scores[2 * i]) == (label == 1) ? 1.0 : 0).Average();
        Assert.True(accuracy > 0.8, $"accuracy is {accuracy}");
        Assert.True(classifier.ReadsPairs);
    }

    /// <summary>Texts and how often the word <c>refund</c> occurs in them.</summary>
    private static (string[] Texts, float[] Labels) Counted(int rows, int seed)
    {
        var random = new Random(seed);
        string[] filler = ["please", "the", "my", "is", "again"];
        bool[][] words = [.. Enumerable.Range(0, rows).Select(_ =>
        {
            double share = random.NextDouble();
            return Enumerable.Range(0, 6).Select(_ => random.NextDouble() < share).ToArray();
        })];
        return (
            [.. words.Select(row => string.Join(' ', row.Select(hit => hit ? "refund" : filler[random.Next(filler.Length)])))],
            [.. words.Select(row => (float)row.Count(hit => hit))]);
    }

    /// <summary>Two words each, the same (class 1) or not (class 0).</summary>
    private static (string[] First, string[] Second, int[] Labels) Pairs(int rows, int seed)
    {
        var random = new Random(seed);
        string[] words = ["refund", "crash"];
        int[] labels = [.. Enumerable.Range(0, rows).Select(row => row % 2)];
        int[] firsts = [.. labels.Select(_ => random.Next(2))];
        return ([.. firsts.Select(word => words[word])], [.. firsts.Zip(labels, (word, label) => words[label == 1 ? word : 1 - word])], labels);
    }
}

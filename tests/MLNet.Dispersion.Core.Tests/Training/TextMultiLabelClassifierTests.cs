namespace MLNet.Dispersion.Tests.Training;

public sealed class TextMultiLabelClassifierTests
{
    [Fact]
    public void Train_FirstStep_ReportsTheMeanLogisticLossOfLabels()
    {
        var (texts, labels) = Rows(16);
        FineTuneOptions options = TextClassifierTests.Options();
        options.ValidationFraction = 0;
        options.MaxSteps = 1;
        options.WarmupRatio = 1;
        options.MicroBatchSize = 16;

        using var classifier = TextMultiLabelClassifier.Train(TinyBackbone.Backbone, texts, labels, labelCount: 3, options);

        // In the first step of a warm-up the learning rate is 0: the weights are those that the loss was computed with.
        float[] scores = classifier.Score(texts).Values;
        double expected = labels.SelectMany(row => row).Zip(scores, (has, p) => -Math.Log(has ? p : 1 - p)).Average();
        Assert.Equal(expected, classifier.TrainingResult!.History[0].TaskLoss, 1e-4 * expected);
        Assert.Equal([0.5f, 0.5f, 0.5f], classifier.Thresholds);
    }

    [Fact]
    public void Train_WithValidation_LearnsAndTunesThresholdsOnHeldOutRows()
    {
        var (texts, labels) = Rows(120);
        FineTuneOptions options = TextClassifierTests.Options();
        options.ValidationFraction = 0.25;

        using var classifier = TextMultiLabelClassifier.Train(TinyBackbone.Backbone, texts, labels, labelCount: 3, options, labelNames: ["a", "b", "c"], tuneThresholds: true);

        IReadOnlyList<int> held = classifier.TrainingResult!.HeldOutRows;
        Assert.InRange(held.Count, 24, 36);
        float[] scores = classifier.Score([.. held.Select(row => texts[row])]).Values;
        Assert.Equal(LabelThresholds.Tune([.. held.Select(row => labels[row])], scores), classifier.Thresholds);
        Assert.InRange(classifier.TrainingResult.History.Last(step => step.ValidationAccuracy is not null).ValidationAccuracy!.Value, 0.75, 1);

        InFolder(folder =>
        {
            classifier.Save(new DirectorySink(folder));
            using var loaded = TextMultiLabelClassifier.Load(new DirectorySource(folder), "cpu");
            Assert.Equal(classifier.Thresholds, loaded.Thresholds);
            Assert.Equal(classifier.Score(texts).Values, loaded.Score(texts).Values);
        });
    }

    [Fact]
    public void SavePretrained_FromPretrained_ScoresTheSame()
    {
        var (texts, labels) = Rows(16);
        FineTuneOptions options = TextClassifierTests.Options();
        options.MaxSteps = 2;
        options.HeadStart = HeadStart.Family;
        options.Pooling = null;
        using var classifier = TextMultiLabelClassifier.Train(TinyBackbone.Backbone, texts, labels, labelCount: 3, options, labelNames: ["a", "b", "c"]);
        InFolder(folder =>
        {
            classifier.SavePretrained(folder);
            using var opened = TextMultiLabelClassifier.FromPretrained(ModelSource.FromDirectory(folder), device: "cpu");

            Assert.Equal(["a", "b", "c"], opened.LabelNames);
            Assert.All(classifier.Score(texts).Values.Zip(opened.Score(texts).Values), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
            Assert.Contains("MultiLabel", Assert.Throws<ArgumentException>(() => TextClassifier.FromPretrained(ModelSource.FromDirectory(folder), device: "cpu")).Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Train_BadRows_AreRefusedBeforeAnyWork()
    {
        FineTuneOptions options = TextClassifierTests.Options();
        options.ValidationFraction = null;

        Assert.Contains("same labels", Error([[true, false], [true, false]]), StringComparison.Ordinal);
        Assert.Contains("labels of 1", Error([[true, false]]), StringComparison.Ordinal);
        Assert.Contains("Row 1 says of 1 labels", Error([[true, false], [true]]), StringComparison.Ordinal);
        Assert.Contains("ValidationFraction", Error([[true, false], [false, true]], tune: true), StringComparison.Ordinal);

        string Error(bool[][] labels, bool tune = false) =>
            Assert.ThrowsAny<ArgumentException>(() => TextMultiLabelClassifier.Train(TinyBackbone.Backbone, ["a", "b"], labels, labelCount: 2, options, tuneThresholds: tune)).Message;
    }

    [Fact]
    public void Tune_RandomRows_IsAsGoodAsTryingEveryThreshold()
    {
        var random = new Random(3);
        for (int round = 0; round < 200; round++)
        {
            int rows = random.Next(1, 12);
            bool[][] labels = [.. Enumerable.Range(0, rows).Select(_ => new[] { random.Next(2) == 0 })];
            float[] scores = [.. Enumerable.Range(0, rows).Select(_ => random.Next(6) / 5f)];

            float tuned = Assert.Single(LabelThresholds.Tune(labels, scores));

            Assert.InRange(tuned, 0.000001f, 0.999999f);
            bool[] has = [.. labels.Select(row => row[0])];
            if (has.Contains(true) && has.Contains(false))
            {
                double best = scores.Where(score => score > 0).DefaultIfEmpty(LabelThresholds.Even).Max(threshold => F1(has, scores, threshold));
                Assert.Equal(best, F1(has, scores, tuned), 1e-9);
            }
            else
            {
                Assert.Equal(LabelThresholds.Even, tuned);
            }
        }
    }

    private static void InFolder(Action<string> use)
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-labels-").FullName;
        try
        {
            use(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double F1(bool[] has, float[] scores, float threshold)
    {
        int hits = has.Zip(scores).Count(row => row.First && row.Second >= threshold), found = scores.Count(score => score >= threshold);
        return 2.0 * hits / Math.Max(1, found + has.Count(row => row));
    }

    /// <summary>Texts of a class's words, of which the neighbours' are joined: the labels of both.</summary>
    private static (string[] Texts, bool[][] Labels) Rows(int count)
    {
        var (texts, classes) = TinyBackbone.LabelledTexts(count * 2);
        return (
            [.. Enumerable.Range(0, count).Select(row => texts[2 * row] + (row % 2 == 0 ? "" : " " + texts[(2 * row) + 1]))],
            [.. Enumerable.Range(0, count).Select(row => Enumerable.Range(0, 3).Select(label => classes[2 * row] == label || (row % 2 != 0 && classes[(2 * row) + 1] == label)).ToArray())]);
    }
}

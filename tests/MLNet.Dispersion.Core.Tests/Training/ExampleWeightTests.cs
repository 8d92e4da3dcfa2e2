namespace MLNet.Dispersion.Tests.Training;

/// <summary>Rows that count more or less than others, in every task, against losses computed by hand.</summary>
public sealed class ExampleWeightTests
{
    private static readonly float[] Weights = [.. Enumerable.Range(0, 16).Select(row => row % 4 * 0.75f)];

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    public void Train_Classifier_ReportsTheWeightedMean(double smoothing)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(16);
        FineTuneOptions options = FirstStep();
        options.LabelSmoothing = smoothing;
        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options, exampleWeights: Weights);

        float[][] scores = [.. classifier.Score(texts).Values.Chunk(3)];
        Same(row => -Math.Log(scores[row][labels[row]]), row => Weights[row], classifier);
        double right = Enumerable.Range(0, 16).Sum(row => scores[row][labels[row]] == scores[row].Max() ? Weights[row] : 0) / Weights.Sum();
        Assert.Equal(right, classifier.TrainingResult!.History[0].Figures[TrainingFigures.Accuracy], 1e-5);
    }

    [Fact]
    public void Train_BalancedClassesTimesWeights_CountEachClassAlike()
    {
        var (texts, _) = TinyBackbone.LabelledTexts(16);
        int[] labels = [.. Enumerable.Range(0, 16).Select(row => row < 12 ? 0 : 2)];
        FineTuneOptions options = FirstStep();
        options.ClassWeights = ClassWeighting.Balanced;
        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options, exampleWeights: Weights);

        float[][] scores = [.. classifier.Score(texts).Values.Chunk(3)];
        Same(row => -Math.Log(scores[row][labels[row]]), row => Weights[row] * 16 / (2.0 * (labels[row] == 0 ? 12 : 4)), classifier);
    }

    [Fact]
    public void Train_BinaryClassifier_ReportsTheWeightedMean()
    {
        var (texts, classes) = TinyBackbone.LabelledTexts(16, classes: 2);
        bool[] labels = [.. classes.Select(label => label == 1)];
        using var classifier = TextBinaryClassifier.Train(TinyBackbone.Backbone, texts, labels, FirstStep(), exampleWeights: Weights);

        float[] scores = classifier.Score(texts).Values;
        Same(row => Math.Log(1 + Math.Exp(labels[row] ? -scores[row] : scores[row])), row => Weights[row], classifier);
    }

    [Fact]
    public void Train_MultiLabelClassifier_ReportsTheWeightedMean()
    {
        var (texts, classes) = TinyBackbone.LabelledTexts(16);
        bool[][] labels = [.. classes.Select(label => new[] { label == 0, label != 2 })];
        using var classifier = TextMultiLabelClassifier.Train(TinyBackbone.Backbone, texts, labels, 2, FirstStep(), exampleWeights: Weights);

        float[][] scores = [.. classifier.Score(texts).Values.Chunk(2)];
        Same(row => scores[row].Zip(labels[row], (p, has) => -Math.Log(has ? p : 1 - p)).Average(), row => Weights[row], classifier);
    }

    [Fact]
    public void Train_Regressor_ReportsTheWeightedMean()
    {
        var (texts, classes) = TinyBackbone.LabelledTexts(16);
        float[] labels = [.. classes.Select(label => (float)label)];
        using var regressor = TextRegressor.Train(TinyBackbone.Backbone, texts, labels, FirstStep(), exampleWeights: Weights);

        float[] scores = regressor.Score(texts).Values;
        Same(row => Math.Pow((scores[row] - labels[row]) / regressor.LabelDeviation, 2), row => Weights[row], regressor);
    }

    [Fact]
    public void Train_WeightZero_IsAsIfTheRowWereNotThere()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(8);
        FineTuneOptions options = FirstStep();
        options.MaxSteps = 3;
        options.WarmupRatio = 0;
        options.Dispersion.Coefficient = 0;
        options.MicroBatchSize = 8;
        int[] other = [.. labels.Select((label, row) => row < 4 ? label : (label + 1) % 3)];
        float[] weights = [1, 1, 1, 1, 0, 0, 0, 0];

        using var one = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options, exampleWeights: weights);
        using var two = TextClassifier.Train(TinyBackbone.Backbone, texts, other, 3, options, exampleWeights: weights);

        Assert.Equal(one.Score(texts).Values, two.Score(texts).Values);
    }

    [Fact]
    public void Train_RegressorsRowOfWeightZero_HasNoPartInTheScaleOfTheLabels()
    {
        string[] texts = TinyBackbone.LabelledTexts(6).Texts;
        float[] weights = [1, 1, 1, 0, 0, 0];

        using var one = TextRegressor.Train(TinyBackbone.Backbone, texts, [1, 2, 3, 4, 5, 6], FirstStep(), exampleWeights: weights);
        using var two = TextRegressor.Train(TinyBackbone.Backbone, texts, [1, 2, 3, 1e30f, 1e30f, -1e30f], FirstStep(), exampleWeights: weights);

        Assert.Equal((2, Math.Sqrt(2.0 / 3)), (one.LabelMean, one.LabelDeviation));
        Assert.Equal((one.LabelMean, one.LabelDeviation), (two.LabelMean, two.LabelDeviation));
        Assert.Contains("of a weight above 0 have the same label", Assert.Throws<ArgumentException>(() => TextRegressor.Train(TinyBackbone.Backbone, texts, [1, 1, 1, 2, 3, 4], FirstStep(), exampleWeights: weights)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_BadWeights_AreRefusedBeforeAnyWork()
    {
        Assert.Contains("2 texts but 1 weights", Error([1]), StringComparison.Ordinal);
        Assert.Contains("Row 1 has weight -1", Error([1, -1]), StringComparison.Ordinal);
        Assert.Contains("Row 0 has weight NaN", Error([float.NaN, 1]), StringComparison.Ordinal);
        Assert.Contains("All 2 training rows have weight 0", Error([0, 0]), StringComparison.Ordinal);
        FineTuneOptions balanced = FirstStep();
        balanced.ClassWeights = ClassWeighting.Balanced;
        Assert.Contains("ClassWeights is Balanced", Assert.Throws<ArgumentException>(() => TextRegressor.Train(TinyBackbone.Backbone, ["a", "b"], [0, 1], balanced)).Message, StringComparison.Ordinal);

        static string Error(float[] weights) =>
            Assert.ThrowsAny<ArgumentException>(() => TextClassifier.Train(TinyBackbone.Backbone, ["a", "b"], [0, 1], 2, FirstStep(), exampleWeights: weights)).Message;
    }

    /// <summary>In the first step of a warm-up the learning rate is 0: the weights are those that the loss was computed with.</summary>
    private static FineTuneOptions FirstStep()
    {
        FineTuneOptions options = TextClassifierTests.Options();
        options.ValidationFraction = 0;
        options.MaxSteps = 1;
        options.WarmupRatio = 1;
        options.MicroBatchSize = 16;
        return options;
    }

    private static void Same(Func<int, double> loss, Func<int, double> weight, FineTunedTextModel model)
    {
        double expected = Enumerable.Range(0, 16).Sum(row => weight(row) * loss(row)) / Enumerable.Range(0, 16).Sum(weight);
        Assert.Equal(expected, model.TrainingResult!.History[0].TaskLoss, 1e-4 * expected);
    }
}

namespace MLNet.Dispersion.Tests.Training;

public sealed class TextBinaryClassifierTests
{
    [Fact]
    public void Train_FirstStep_ReportsTheLogisticLoss()
    {
        var (texts, classes) = TinyBackbone.LabelledTexts(16, classes: 2);
        bool[] labels = [.. classes.Select(label => label == 1)];
        var options = TextClassifierTests.Options();
        options.ValidationFraction = 0;
        options.MaxSteps = 1;
        options.WarmupRatio = 1;
        options.MicroBatchSize = 16;

        using var classifier = TextBinaryClassifier.Train(TinyBackbone.Backbone, texts, labels, options);

        // In the first step of a warm-up the learning rate is 0: the weights are those that the loss was computed with.
        double expected = classifier.Score(texts).Values.Zip(labels, (score, label) => Math.Log(1 + Math.Exp(label ? -score : score))).Average();
        Assert.Equal(expected, classifier.TrainingResult!.History[0].TaskLoss, 1e-4 * expected);
    }

    [Fact]
    public void Train_WithValidation_ReportsItsAccuracy()
    {
        var (texts, classes) = TinyBackbone.LabelledTexts(80, classes: 2);
        bool[] labels = [.. classes.Select(label => label == 1)];
        var options = TextClassifierTests.Options();
        options.ValidationFraction = 0.25;

        using var classifier = TextBinaryClassifier.Train(TinyBackbone.Backbone, texts, labels, options);

        Assert.InRange(classifier.TrainingResult!.History.Last(step => step.ValidationAccuracy is not null).ValidationAccuracy!.Value, 0.75, 1);
    }

    [Fact]
    public void Train_BadRows_AreRefusedBeforeAnyWork()
    {
        var options = TextClassifierTests.Options();

        Assert.Contains("same label", Error([true, true]), StringComparison.Ordinal);
        Assert.Contains("2 texts but 1 labels", Error([true]), StringComparison.Ordinal);
        options.Distillation = new DistillationOptions { TeacherDirectory = "anywhere" };
        Assert.Contains("no teacher", Error([true, false]), StringComparison.Ordinal);

        string Error(bool[] labels) => Assert.ThrowsAny<ArgumentException>(() => TextBinaryClassifier.Train(TinyBackbone.Backbone, ["a", "b"], labels, options)).Message;
    }
}

namespace MLNet.Dispersion.Tests.Training;

public sealed class FineTuneDefaultsTests
{
    [Theory]
    [InlineData(124_000_000, 5e-5)]
    [InlineData(62_000_000, 1e-4)]
    [InlineData(12_000_000, 5e-4)]
    [InlineData(10, 5e-4)]
    [InlineData(600_000_000, 1.0333333e-5)]
    [InlineData(8_000_000_000, 1e-5)]
    public void LearningRate_OfAWeightCount_IsInverseToItWithinBounds(long weights, double expected)
    {
        Assert.Equal(expected, FineTuneDefaults.ForLanguageModel(weights).LearningRate, 1e-10);
        Assert.Equal(expected, FineTuneDefaults.ForHead(100, weights).LearningRate, 1e-10);
    }

    [Fact]
    public void ForHead_MoreRows_TakesNoMoreEpochsAndNoFewerSteps()
    {
        int[] rows = [.. Enumerable.Range(0, 18).Select(power => 1 << power)];
        int[] epochs = [.. rows.Select(count => FineTuneDefaults.ForHead(count, 1).Epochs)];

        Assert.All(epochs.Zip(epochs.Skip(1)), pair => Assert.True(pair.First >= pair.Second));
        Assert.All(epochs, count => Assert.True(count >= 3));
        Assert.All(rows.Zip(epochs).Zip(rows.Zip(epochs).Skip(1)), pair => Assert.True((long)pair.First.First * pair.First.Second <= (long)pair.Second.First * pair.Second.Second));
    }

    [Theory]
    [InlineData(124_000_000, 5e-4)]
    [InlineData(22_700_000, 2.7312775e-3)]
    [InlineData(10, 5e-3)]
    [InlineData(8_000_000_000, 1e-4)]
    public void ForAdapter_TakesTenTimesTheNetworksRate(long weights, double expected)
    {
        Assert.Equal(expected, FineTuneDefaults.ForAdapter(100, weights).LearningRate, 1e-9);
        Assert.Equal(FineTuneDefaults.ForHead(100, weights, 77) with { LearningRate = expected }, FineTuneDefaults.ForAdapter(100, weights, 77) with { LearningRate = expected });
        Assert.Equal(5e-3, FineTuneDefaults.ForHeadAlone(100, 77).LearningRate);
    }

    [Theory]
    [InlineData(true, 5e-3)]
    [InlineData(false, 5e-3)]
    public void Train_BesideTheNetwork_TakesItsRate(bool headOnly, double expected)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(30);
        var options = new FineTuneOptions { MaxSteps = 1, GeometryProbe = null, Device = "cpu", HeadOnly = headOnly, Lora = headOnly ? null : new LoraOptions { Rank = 2 } };
        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);

        Assert.Equal(expected, classifier.TrainingResult!.Numbers!.LearningRate, 1e-12);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public void ForHead_NothingToTrain_Throws(int rows, long weights, int outputs) => Assert.Throws<ArgumentOutOfRangeException>(() => FineTuneDefaults.ForHead(rows, weights, outputs));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 1)]
    [InlineData(77, 9.625)]
    [InlineData(500, 10)]
    public void ForHead_ManyOutputs_LetsTheHeadLearnFaster(int outputs, double expected) => Assert.Equal(expected, FineTuneDefaults.ForHead(100, 1, outputs).HeadLearningRateMultiplier);

    [Fact]
    public void Train_ManyClasses_TakesTheirHeadRate()
    {
        var (texts, _) = TinyBackbone.LabelledTexts(30);
        int[] labels = [.. Enumerable.Range(0, 30).Select(row => row % 24)];
        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 24, new FineTuneOptions { MaxSteps = 1, GeometryProbe = null, Device = "cpu" });

        Assert.Equal(3, classifier.TrainingResult!.Numbers!.HeadLearningRateMultiplier);
    }

    [Fact]
    public void Train_NoNumberNamed_TakesTheDefaultsOfItsRowsAndSaysSo()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(30);
        var options = new FineTuneOptions { MaxSteps = 1, GeometryProbe = null, Device = "cpu" };
        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
        PretrainedLanguageModel model = classifier.LanguageModel;
        long weights = model.Backbone.parameters().Sum(parameter => parameter.numel()) + (3L * model.Backbone.Info.FinalSize);

        Assert.Equal(FineTuneDefaults.ForHead(30, weights), classifier.TrainingResult!.Numbers);
        string taken = options.TakenFrom(classifier.TrainingResult.Numbers!);
        Assert.Contains($"{classifier.TrainingResult.Numbers!.Epochs} epochs", taken, StringComparison.Ordinal);
        Assert.Contains("learning rate", taken, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_NumbersNamed_TakesThem()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(30);
        var options = new FineTuneOptions
        {
            Epochs = 1, LearningRate = 1e-4, HeadLearningRateMultiplier = 2, WarmupRatio = 0.5, ValidationFraction = 0.2, GeometryProbe = null, Device = "cpu",
        };
        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
        FineTuneDefaults numbers = classifier.TrainingResult!.Numbers!;

        Assert.Equal((1, 1e-4, 2.0, 0.5, 0.2), (numbers.Epochs, numbers.LearningRate, numbers.HeadLearningRateMultiplier, numbers.WarmupRatio, numbers.ValidationFraction));
        Assert.Equal("", options.TakenFrom(numbers));
    }
}

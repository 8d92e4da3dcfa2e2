namespace MLNet.Dispersion.Tests.Training;

/// <summary>A garbage collection on another thread, whenever it comes, changes nothing that is computed.</summary>
public sealed class CollectorPressureTests
{
    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16Mixed)]
    public void Train_WhileGarbageIsCollected_GivesTheSameScoresBitForBit(Precision precision)
    {
        float[] calm = Train(precision);
        using var pressure = new CollectorPressure();

        float[] pressed = Train(precision);

        Assert.Equal(calm, pressed);
    }

    private static float[] Train(Precision precision)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(48);
        var options = new FineTuneOptions { Epochs = 4, MicroBatchSize = 8, Precision = precision, Dropout = 0.1, Dispersion = { Coefficient = 0.3 }, Seed = 5 };
        using TextClassifier classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
        return classifier.Score(texts).Values;
    }
}

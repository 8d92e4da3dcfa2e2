namespace MLNet.Dispersion.Tests.Training;

public sealed class GeometryProbeTests
{
    private const int Rows = 40;
    private static readonly string[] ProbeTexts = ["please the refund is charged again", "my parcel was tracking today"];

    [Fact]
    public void Train_ByDefault_MeasuresBeforeAndAfter()
    {
        using TextClassifier classifier = Train(_ => { });
        FineTuneResult result = classifier.TrainingResult!;

        Assert.Equal([0, result.Steps], result.GeometryHistory.Select(snapshot => snapshot.Step));
        Assert.All(result.GeometryHistory, snapshot => Assert.Equal(16, snapshot.Profile.Texts));
        Assert.NotEqual(result.GeometryHistory[0].Profile.Layers[^1].MeanCosine, result.GeometryHistory[1].Profile.Layers[^1].MeanCosine);
    }

    [Fact]
    public void Train_EveryThreeSteps_MeasuresThereAndAtBothEnds()
    {
        using TextClassifier classifier = Train(options => options.GeometryProbe!.EverySteps = 3);
        FineTuneResult result = classifier.TrainingResult!;
        int[] expected = [.. Enumerable.Range(0, result.Steps + 1).Where(step => step % 3 == 0 || step == result.Steps)];

        Assert.Equal(expected, result.GeometryHistory.Select(snapshot => snapshot.Step));
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16Mixed)]
    public void Train_WithTexts_FirstAndLastAreTheBackboneAndTheKeptModel(Precision precision)
    {
        using TextClassifier classifier = Train(options =>
        {
            options.GeometryProbe!.Texts = ProbeTexts;
            options.Precision = precision;
            options.Dropout = 0.2;
        });
        using PretrainedLanguageModel backbone = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var history = classifier.TrainingResult!.GeometryHistory;

        AssertSame(Measure(backbone), history[0].Profile);
        AssertSame(Measure(classifier.LanguageModel), history[^1].Profile);
    }

    [Fact]
    public void Train_WithOrWithoutProbe_GivesTheSameWeights()
    {
        using TextClassifier with = Train(options => options.GeometryProbe!.EverySteps = 1);
        using TextClassifier without = Train(options => options.GeometryProbe = null);

        Assert.Empty(without.TrainingResult!.GeometryHistory);
        Assert.Equal(without.Score(ProbeTexts).Values, with.Score(ProbeTexts).Values);
    }

    [Fact]
    public void Train_OnBlocks_MeasuresThem()
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        int[][] blocks = [.. Enumerable.Range(0, 6).Select(i => Enumerable.Range(i, 12).ToArray())];

        FineTuneResult result = LanguageModelTrainer.Train(model, blocks, new FineTuneOptions { Epochs = 1, MicroBatchSize = 2, ValidationFraction = 0, GeometryProbe = new() { MaxTexts = 4, MaxTokens = 8 } });

        Assert.Equal(2, result.GeometryHistory.Count);
        Assert.Equal((4, 32L), (result.GeometryHistory[0].Profile.Texts, result.GeometryHistory[0].Profile.Tokens));
    }

    [Fact]
    public void Train_OnTextsWithoutPairs_MeasuresNothing()
    {
        using TextClassifier classifier = Train(options => options.GeometryProbe!.Texts = ["", " "]);

        Assert.Empty(classifier.TrainingResult!.GeometryHistory);
    }

    [Fact]
    public void Validate_WrongProbe_NamesTheOption()
    {
        (Action<GeometryProbeOptions> Break, string Name)[] cases =
        [
            (probe => probe.EverySteps = 0, "EverySteps"),
            (probe => probe.MaxTexts = 0, "MaxTexts"),
            (probe => probe.MaxTokens = 1, "MaxTokens"),
            (probe => probe.Texts = [], "Texts"),
            (probe => probe.Texts = [null!], "Texts"),
        ];
        foreach (var (change, name) in cases)
        {
            var options = new FineTuneOptions();
            change(options.GeometryProbe!);

            Assert.Contains("GeometryProbe." + name, Assert.Throws<ArgumentOutOfRangeException>(options.Validate).Message, StringComparison.Ordinal);
        }
    }

    private static CondensationProfile Measure(PretrainedLanguageModel model) =>
        CondensationProbe.Measure(model.Backbone, ProbeTexts.Select(text => model.Tokenizer.Encode(text, 128).Ids));

    private static void AssertSame(CondensationProfile expected, CondensationProfile actual)
    {
        Assert.Equal(expected.Layers.Select(layer => layer.MeanCosine), actual.Layers.Select(layer => layer.MeanCosine));
        Assert.Equal(expected.Layers[^1].Pooled.Histogram!.Counts, actual.Layers[^1].Pooled.Histogram!.Counts);
    }

    private static TextClassifier Train(Action<FineTuneOptions> change)
    {
        var options = TextClassifierTests.Options();
        change(options);
        var (texts, labels) = TinyBackbone.LabelledTexts(Rows);
        return TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
    }
}

namespace MLNet.Dispersion.Tests.Training;

/// <summary>The published recipe, figure by figure, each written here once more from the paper.</summary>
public sealed class PaperMidTrainingTests
{
    [Fact]
    public void PaperMidTraining_Defaults_AreThePublishedFigures()
    {
        FineTuneOptions o = FineTuneOptions.PaperMidTraining();

        Assert.Equal((5e-5, 0.9, 0.95, 0.1, 1.0, 0.2), (o.LearningRate, o.Beta1, o.Beta2, o.WeightDecay, o.MaxGradNorm!.Value, o.WarmupRatio));
        Assert.Equal(131_072, o.MicroBatchSize * o.GradientAccumulationSteps * o.MaxSequenceLength);
        Assert.Equal((1024, 1526, FineTuneOptions.NoEpochLimit), (o.MaxSequenceLength, o.MaxSteps, o.Epochs));
        Assert.True(o.MaxSteps * 131_072L is >= 200_000_000 and < 200_000_000 + 131_072);
        Assert.Equal((0.1, DispersionVariant.AngularSpread, LayerSelection.All), (o.Dispersion.Coefficient, o.Dispersion.Variant, o.Dispersion.Layers));
        Assert.Equal((1.0, 1.0, 0.5, 0.01, 0.1, 256), (o.Dispersion.TauCos, o.Dispersion.TauL2, o.Dispersion.Margin, o.Dispersion.Epsilon, o.Dispersion.ClampThreshold, o.Dispersion.MaxTokens));
        Assert.Equal((0.0, null, null, Precision.Auto), (o.ValidationFraction, o.EarlyStoppingPatience, o.Dropout, o.Precision));
    }

    [Fact]
    public void PaperMidTraining_Qwen3_HasItsContextAndTheSameTokensAStep()
    {
        FineTuneOptions o = FineTuneOptions.PaperMidTraining(DispersionVariant.L2Repel, LayerSelection.Last, coefficient: 0, microBatchSize: 2, contextLength: 4096);

        Assert.Equal((4096, 2, 16, 1526), (o.MaxSequenceLength, o.MicroBatchSize, o.GradientAccumulationSteps, o.MaxSteps));
        Assert.Equal((0.0, DispersionVariant.L2Repel, LayerSelection.Last), (o.Dispersion.Coefficient, o.Dispersion.Variant, o.Dispersion.Layers));
    }

    [Theory]
    [InlineData(6, 1024, 131_072, "is 4.")]
    [InlineData(1000, 1024, 131_072, "is 128.")]
    [InlineData(8, 1000, 131_072, "multiple of contextLength")]
    public void PaperMidTraining_SizesThatDoNotDivide_NamesOneThatDoes(int microBatch, int context, int tokensPerStep, string cure) =>
        Assert.Contains(cure, Assert.Throws<ArgumentException>(() => FineTuneOptions.PaperMidTraining(microBatchSize: microBatch, contextLength: context, tokensPerStep: tokensPerStep)).Message, StringComparison.Ordinal);

    [Fact]
    public void PaperMidTraining_ValuesOutOfRange_Throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FineTuneOptions.PaperMidTraining(microBatchSize: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => FineTuneOptions.PaperMidTraining(contextLength: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => FineTuneOptions.PaperMidTraining(tokens: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => FineTuneOptions.PaperMidTraining(tokensPerStep: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => FineTuneOptions.PaperMidTraining(coefficient: -1));
    }

    /// <summary>Three blocks and steps of two: seven steps take four passes.</summary>
    [Fact]
    public void Train_NoEpochLimit_PassesOverTheRowsUntilMaxSteps()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        FineTuneOptions options = FineTuneOptions.PaperMidTraining(microBatchSize: 1, contextLength: 8, tokens: 7 * 16, tokensPerStep: 16);
        options.Precision = Precision.Float32;
        int[][] blocks = [.. Enumerable.Range(0, 3).Select(row => Enumerable.Range(0, 8).Select(i => 40 + (i * row % 9)).ToArray())];

        FineTuneResult result = LanguageModelTrainer.Train(model, blocks, options);

        Assert.Equal((7, FineTuneStopReason.MaxSteps), (result.Steps, result.StopReason));
        Assert.Equal([1, 1, 2, 2, 3, 3, 4], result.History.Select(progress => progress.Epoch));
        Assert.Equal(5e-5, result.LearningRate);
    }
}

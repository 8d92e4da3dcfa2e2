namespace MLNet.Dispersion.Tests.Training;

public sealed class FineTuneOptionsTests
{
    public static TheoryData<string, Action<FineTuneOptions>> BadValues() => new()
    {
        { "Epochs", o => o.Epochs = 0 },
        { "MaxSteps", o => o.MaxSteps = 0 },
        { "MicroBatchSize", o => o.MicroBatchSize = -1 },
        { "GradientAccumulationSteps", o => o.GradientAccumulationSteps = 0 },
        { "MaxSequenceLength", o => o.MaxSequenceLength = 1 },
        { "LearningRate", o => o.LearningRate = 0 },
        { "LearningRate", o => o.LearningRate = double.NaN },
        { "HeadLearningRateMultiplier", o => o.HeadLearningRateMultiplier = double.PositiveInfinity },
        { "Pooling", o => o.Pooling = (TextPooling)99 },
        { "LabelSmoothing", o => o.LabelSmoothing = 1 },
        { "WarmupRatio", o => o.WarmupRatio = 1.5 },
        { "WeightDecay", o => o.WeightDecay = -0.1 },
        { "Beta1", o => o.Beta1 = 1 },
        { "Beta2", o => o.Beta2 = -0.1 },
        { "AdamEpsilon", o => o.AdamEpsilon = 0 },
        { "MaxGradNorm", o => o.MaxGradNorm = 0 },
        { "Dropout", o => o.Dropout = 1 },
        { "ValidationFraction", o => o.ValidationFraction = 0.6 },
        { "EarlyStoppingPatience", o => o.EarlyStoppingPatience = 0 },
        { "Precision", o => o.Precision = (Precision)9 },
        { "MaxSteps", o => o.Epochs = FineTuneOptions.NoEpochLimit },
        { "Checkpoints.Directory", o => o.Checkpoints = new CheckpointOptions() },
        { "Checkpoints.EverySteps", o => o.Checkpoints = new CheckpointOptions { Directory = "run", EverySteps = 0 } },
        { "Checkpoints.Keep", o => o.Checkpoints = new CheckpointOptions { Directory = "run", Keep = 0 } },
        { "Coefficient", o => o.Dispersion.Coefficient = -1 },
        { "TauCos", o => o.Dispersion.TauCos = 0 },
        { "ClampThreshold", o => o.Dispersion.ClampThreshold = 1 },
        { "MaxTokens", o => o.Dispersion.MaxTokens = 1 },
    };

    [Theory]
    [MemberData(nameof(BadValues))]
    public void Validate_ValueOutOfRange_NamesItAndItsLimit(string name, Action<FineTuneOptions> spoil)
    {
        var options = new FineTuneOptions();
        spoil(options);

        var error = Assert.Throws<ArgumentOutOfRangeException>(options.Validate);

        Assert.Equal(name, error.ParamName);
        Assert.Contains("must be", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_Defaults_AreGood() => new FineTuneOptions().Validate();

    [Fact]
    public void Clone_EditedAfterwards_LeavesTheCopyAlone()
    {
        var options = new FineTuneOptions { Checkpoints = new CheckpointOptions { Directory = "run" } };
        var copy = options.Clone();

        options.Checkpoints.Directory = "another";
        options.Epochs = 99;
        options.Dispersion.Coefficient = 7;

        Assert.Equal("run", copy.Checkpoints!.Directory);
        Assert.Null(copy.Epochs);
        Assert.Equal(0.1, copy.Dispersion.Coefficient);
    }
}

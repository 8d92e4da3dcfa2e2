namespace MLNet.Dispersion.Tests.Training.Checkpoints;

/// <summary>A run that was interrupted and goes on ends with the bits of one that was not.</summary>
public sealed class ResumeTests
{
    /// <summary>In the middle of an epoch, at its end (5), where the checkpoint is older than the interruption, and from the very first.</summary>
    [Theory]
    [InlineData(Precision.Float32, 1, 1)]
    [InlineData(Precision.Float32, 1, 5)]
    [InlineData(Precision.Float32, 3, 8)]
    [InlineData(Precision.Float32, 5, 19)]
    [InlineData(Precision.BFloat16Mixed, 3, 8)]
    [InlineData(Precision.BFloat16Mixed, 2, 15)]
    public void Train_ClassifierInterrupted_EndsWithTheSameBits(Precision precision, int everySteps, int interruptedAfter)
    {
        using var folder = new TemporaryFolder();
        CheckpointRun whole = CheckpointRun.Classifier(CheckpointRun.Options(precision));
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps, precision);
        CheckpointRun.Interrupt(options, interruptedAfter, o => CheckpointRun.Classifier(o));

        CheckpointRun resumed = CheckpointRun.Classifier(options);

        int from = interruptedAfter / everySteps * everySteps;
        CheckpointRun.AssertSame(whole, resumed);
        Assert.Equal(from, resumed.Result.ResumedFromStep);
        Assert.All(resumed.Result.History, progress => Assert.Equal(progress.Step > from ? from : null, progress.ResumedFromStep));
        Assert.Null(whole.Result.ResumedFromStep);
        Assert.True(resumed.Result.Steps == 20 && resumed.Result.Elapsed > resumed.Result.History[from - 1].Elapsed);
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 8)]
    public void Train_RegressorInterrupted_EndsWithTheSameBits(int everySteps, int interruptedAfter)
    {
        using var folder = new TemporaryFolder();
        CheckpointRun whole = CheckpointRun.Regressor(CheckpointRun.Options());
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps);
        CheckpointRun.Interrupt(options, interruptedAfter, CheckpointRun.Regressor);

        CheckpointRun resumed = CheckpointRun.Regressor(options);

        CheckpointRun.AssertSame(whole, resumed);
        Assert.Equal(interruptedAfter / everySteps * everySteps, resumed.Result.ResumedFromStep);
    }

    [Fact]
    public void Train_LanguageModelInterruptedOverAndOver_EndsWithTheSameBits()
    {
        using var folder = new TemporaryFolder();
        CheckpointRun whole = CheckpointRun.LanguageModel(CheckpointRun.Options());
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 2);
        foreach (int step in new[] { 3, 4, 9, 12 })
        {
            CheckpointRun.Interrupt(options, step, CheckpointRun.LanguageModel);
        }

        CheckpointRun resumed = CheckpointRun.LanguageModel(options);

        CheckpointRun.AssertSame(whole, resumed);
        Assert.Equal(12, resumed.Result.ResumedFromStep);
    }

    /// <summary>The baselines: noise of a generator of its own, embeddings reset at steps 4 and 8 (before, between and after which it is interrupted), a teacher, running moments of coordinates.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(11)]
    public void Train_BaselinesInterrupted_EndWithTheSameBits(int interruptedAfter)
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions plain = CheckpointRun.Options();
        plain.NeftuneAlpha = 5;
        plain.ActiveForgetting = new ActiveForgettingOptions { EverySteps = 4 };
        plain.Distillation = new DistillationOptions { TeacherDirectory = TinyBackbone.WholeDirectory, HiddenStateWeight = 0.1 };
        plain.Dispersion.Centering = DispersionCentering.Running;
        plain.Dispersion.ScaleByDeviation = true;
        CheckpointRun whole = CheckpointRun.LanguageModel(plain);
        FineTuneOptions options = plain.Clone();
        options.Checkpoints = new CheckpointOptions { Directory = folder.Path, EverySteps = 1 };
        CheckpointRun.Interrupt(options, interruptedAfter, CheckpointRun.LanguageModel);

        CheckpointRun resumed = CheckpointRun.LanguageModel(options);

        CheckpointRun.AssertSame(whole, resumed);
        Assert.Equal(interruptedAfter, resumed.Result.ResumedFromStep);
        Assert.NotNull(resumed.Result.History[^1].Distillation);
    }

    /// <summary>Frozen weights: the checkpoint holds the adapter and the head, or the head alone, and is the smaller for it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Train_PartOfTheWeightsInterrupted_EndsWithTheSameBits(bool headOnly)
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions plain = CheckpointRun.Options();
        plain.HeadOnly = headOnly;
        plain.Lora = headOnly ? null : new LoraOptions { Rank = 4, Dropout = 0.1 };
        CheckpointRun whole = CheckpointRun.Classifier(plain);
        FineTuneOptions options = plain.Clone();
        options.Checkpoints = new CheckpointOptions { Directory = folder.Path, EverySteps = 3 };
        CheckpointRun.Interrupt(options, 8, o => CheckpointRun.Classifier(o));
        long weights = new FileInfo(Path.Combine(folder.Path, "checkpoint-6", "weights.safetensors")).Length;

        CheckpointRun resumed = CheckpointRun.Classifier(options);

        CheckpointRun.AssertSame(whole, resumed);
        Assert.Equal(6, resumed.Result.ResumedFromStep);
        Assert.True(weights < 12_000, $"{weights} bytes");
    }

    /// <summary>Labels that say nothing: the best epoch lies behind, and its weights, loss and the count of epochs without gain come from the checkpoint.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Train_InterruptedBeforeItStopsEarly_StopsAtTheSameStepWithTheSameBestWeights(int stepsBeforeTheEnd)
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions plain = CheckpointRun.Options();
        plain.Epochs = 40;
        CheckpointRun whole = CheckpointRun.Classifier(plain, noise: true);
        FineTuneOptions options = plain.Clone();
        options.Checkpoints = new CheckpointOptions { Directory = folder.Path, EverySteps = 1 };
        Assert.Equal(FineTuneStopReason.EarlyStopped, whole.Result.StopReason);
        CheckpointRun.Interrupt(options, whole.Result.Steps - stepsBeforeTheEnd, o => CheckpointRun.Classifier(o, noise: true));

        CheckpointRun resumed = CheckpointRun.Classifier(options, noise: true);

        CheckpointRun.AssertSame(whole, resumed);
    }

    [Fact]
    public void Train_WithCheckpointsUninterrupted_ChangesNoBit()
    {
        using var folder = new TemporaryFolder();

        CheckpointRun.AssertSame(CheckpointRun.Classifier(CheckpointRun.Options()), CheckpointRun.Classifier(CheckpointRun.Options(folder.Path, everySteps: 1)));
        Assert.Equal(["checkpoint-19", "finished"], folder.Folders);
    }

    [Fact]
    public void Train_Finished_ReturnsTheSameResultWithoutAStep()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 7);
        CheckpointRun first = CheckpointRun.Classifier(options);
        options.CancellationToken = new CancellationToken(canceled: true);

        CheckpointRun second = CheckpointRun.Classifier(options);

        CheckpointRun.AssertSame(first, second);
        Assert.Equal(first.Result.Elapsed, second.Result.Elapsed);
        Assert.Equal(20, second.Result.ResumedFromStep);
        Assert.Null(first.Result.ResumedFromStep);
    }

    [Fact]
    public void Train_ResumeFalse_BeginsAnewAndReplacesTheFormerCheckpoints()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 4);
        CheckpointRun first = CheckpointRun.Classifier(options);
        options.Checkpoints!.Resume = false;
        CheckpointRun.Interrupt(options, 3, o => CheckpointRun.Classifier(o));
        Assert.Equal(["checkpoint-16", "finished"], folder.Folders);
        CheckpointRun.Interrupt(options, 5, o => CheckpointRun.Classifier(o));
        Assert.Equal(["checkpoint-4"], folder.Folders);
        options.Checkpoints.Resume = true;

        CheckpointRun second = CheckpointRun.Classifier(options);

        CheckpointRun.AssertSame(first, second);
        Assert.Equal(4, second.Result.ResumedFromStep);
    }

    [Fact]
    public void Train_Diverged_KeepsWhatItReturned()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 50);
        options.MicroBatchSize = 100;
        options.WarmupRatio = 0.3;
        options.LearningRate = 1e30;
        CheckpointRun first = CheckpointRun.Classifier(options);

        CheckpointRun second = CheckpointRun.Classifier(options);

        Assert.Equal(FineTuneStopReason.Diverged, first.Result.StopReason);
        CheckpointRun.AssertSame(first, second);
    }

    [Fact]
    public void Train_Resumed_LeavesNoTensorBehind()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 1);
        CheckpointRun.Interrupt(options, 8, o => CheckpointRun.Classifier(o));
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        CheckpointRun.Interrupt(options, 12, o => CheckpointRun.Classifier(o));
        CheckpointRun.Classifier(options);

        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Latest_OfADirectory_TellsHowFarTheRunIs()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 3);
        Assert.Null(TrainingCheckpoint.Latest(folder.Path));
        Assert.Null(TrainingCheckpoint.Latest(Path.Combine(folder.Path, "absent")));
        CheckpointRun.Interrupt(options, 10, o => CheckpointRun.Classifier(o));

        TrainingCheckpoint running = TrainingCheckpoint.Latest(folder.Path)!;
        CheckpointRun.Classifier(options);
        TrainingCheckpoint finished = TrainingCheckpoint.Latest(folder.Path)!;

        Assert.Equal((9, 20, false, 3), (running.Step, running.TotalSteps, running.Finished, running.Seed));
        Assert.Equal(Path.Combine(folder.Path, "checkpoint-9"), running.Path);
        Assert.Equal((20, 20, true), (finished.Step, finished.TotalSteps, finished.Finished));
        Assert.True(finished.Written >= running.Written);
    }
}

namespace MLNet.Dispersion.Tests.Training.Checkpoints;

/// <summary>Damaged, foreign and half-written checkpoints, and two runs in one directory.</summary>
public sealed class CheckpointDamageTests
{
    private static readonly Lazy<CheckpointRun> Undisturbed = new(() => CheckpointRun.Classifier(CheckpointRun.Options()));

    public static TheoryData<string> Files() => ["weights.safetensors", "optimizer.safetensors", "generators.safetensors", "best-weights.safetensors", "state.json", "geometry-history.json", "manifest.json"];

    /// <summary>One bit in the middle of each file; then the file gone; then what the message advises.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void Resume_DamagedFile_NamesItAndTheCheckpointBefore(string file)
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = Interrupted(folder);
        string path = Path.Combine(folder.Path, "checkpoint-9", file);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[file == "manifest.json" ? 0 : bytes.Length / 2] ^= 4;
        File.WriteAllBytes(path, bytes);

        ModelFileException flipped = Assert.Throws<ModelFileException>(() => CheckpointRun.Classifier(options));
        File.Delete(path);
        ModelFileException missing = Assert.Throws<ModelFileException>(() => CheckpointRun.Classifier(options));

        Assert.All([flipped, missing], error =>
        {
            Assert.Equal($"{folder.Path}/checkpoint-9/{file}", error.File);
            Assert.Contains("Delete the folder 'checkpoint-9'", error.Message, StringComparison.Ordinal);
            Assert.Contains("'checkpoint-8', which is whole", error.Message, StringComparison.Ordinal);
        });
        Directory.Delete(Path.Combine(folder.Path, "checkpoint-9"), recursive: true);
        CheckpointRun resumed = CheckpointRun.Classifier(options);
        Assert.Equal(8, resumed.Result.ResumedFromStep);
        CheckpointRun.AssertSame(Undisturbed.Value, resumed);
    }

    [Fact]
    public void Resume_AllDamaged_SaysThatTrainingBeginsAnew()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = Interrupted(folder);
        File.AppendAllText(Path.Combine(folder.Path, "checkpoint-8", "weights.safetensors"), "x");
        File.AppendAllText(Path.Combine(folder.Path, "checkpoint-9", "weights.safetensors"), "x");

        var error = Assert.Throws<ModelFileException>(() => CheckpointRun.Classifier(options));

        Assert.Contains("no whole checkpoint before it", error.Message, StringComparison.Ordinal);
        Assert.Contains("bytes instead of", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resume_NewerVersion_SaysSo()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = Interrupted(folder);
        string path = Path.Combine(folder.Path, "checkpoint-9", "manifest.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal));

        Assert.Contains("version 2; this build reads", Assert.Throws<ModelFileException>(() => CheckpointRun.Classifier(options)).Message, StringComparison.Ordinal);
        Assert.Throws<ModelFileException>(() => TrainingCheckpoint.Latest(folder.Path));
    }

    /// <summary>What a kill leaves: a folder that was being written, one that was being deleted.</summary>
    [Fact]
    public void Resume_HalfWrittenFolders_AreNeverTakenAndGo()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = Interrupted(folder);
        Directory.Move(Path.Combine(folder.Path, "checkpoint-9"), Path.Combine(folder.Path, ".partial-checkpoint-9-0123"));
        Directory.CreateDirectory(Path.Combine(folder.Path, "checkpoint-12.mine"));

        Assert.Equal(8, TrainingCheckpoint.Latest(folder.Path)!.Step);
        Assert.Equal(8, CheckpointRun.Classifier(options).Result.ResumedFromStep);
        Assert.Equal(["checkpoint-12.mine", "checkpoint-19", "finished"], folder.Folders);
    }

    public static TheoryData<string, Action<FineTuneOptions>> OtherOptions() => new()
    {
        { "Options.LearningRate is 0.002, was 0.003", o => o.LearningRate = 2e-3 },
        { "Options.Epochs is 5, was 4", o => o.Epochs = 5 },
        { "Options.Seed is 4, was 3", o => o.Seed = 4 },
        { "Options.Dispersion.MaxTokens is none, was 4", o => o.Dispersion.MaxTokens = null },
        { "Options.Dispersion.Variant is L2Repel, was AngularSpread", o => o.Dispersion.Variant = DispersionVariant.L2Repel },
        { "Options.GeometryProbe.EverySteps is absent, was 3", o => o.GeometryProbe = null },
        { "Options.Precision is BFloat16, was Float32", o => o.Precision = Precision.BFloat16Mixed },
    };

    [Theory]
    [MemberData(nameof(OtherOptions))]
    public void Resume_OtherOptions_NamesTheDifference(string difference, Action<FineTuneOptions> change)
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = Interrupted(folder);
        change(options);

        var error = Assert.Throws<ModelFileException>(() => CheckpointRun.Classifier(options));

        Assert.Contains(difference, error.Message, StringComparison.Ordinal);
        Assert.Contains("CheckpointOptions.Resume to false", error.Message, StringComparison.Ordinal);
        Assert.Equal(["checkpoint-8", "checkpoint-9"], folder.Folders);
    }

    [Fact]
    public void Resume_OtherData_NamesIt()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = Interrupted(folder);
        var (texts, labels) = TinyBackbone.LabelledTexts(48);
        int[] others = [.. labels];
        (others[0], others[1]) = (others[1], others[0]);

        Assert.Contains("Data.Contents is ", Message([texts[1], .. texts[1..]], labels, 3), StringComparison.Ordinal);
        Assert.Contains("Data.Contents is ", Message(texts, others, 3), StringComparison.Ordinal);
        Assert.Contains("Data.Rows is 47, was 48", Message(texts[1..], labels[1..], 3), StringComparison.Ordinal);
        Assert.Contains("Task.Head is [4, 32], was [3, 32]", Message(texts, labels, 4), StringComparison.Ordinal);

        string Message(string[] rows, int[] classes, int count) =>
            Assert.Throws<ModelFileException>(() => TextClassifier.Train(TinyBackbone.Backbone, rows, classes, count, options)).Message;
    }

    [Fact]
    public void Resume_OtherTask_NamesIt()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = Interrupted(folder);

        Assert.Contains("Task is causal language modelling, was text classification", Assert.Throws<ModelFileException>(() => CheckpointRun.LanguageModel(options)).Message, StringComparison.Ordinal);
    }

    /// <summary>Other weights of the same shape: above all those that an interrupted call left in a model that is still in memory.</summary>
    [Fact]
    public void Resume_OtherBackbone_NamesItAndTheUsualCause()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 2);
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        int[][] blocks = [.. Enumerable.Range(0, 16).Select(row => Enumerable.Range(0, 8).Select(i => 40 + (i * row % 9)).ToArray())];
        options.MaxSteps = 3;
        LanguageModelTrainer.Train(model, blocks, options);

        var error = Assert.Throws<ModelFileException>(() => LanguageModelTrainer.Train(model, blocks, options));

        Assert.Contains("Backbone.Weights is ", error.Message, StringComparison.Ordinal);
        Assert.Contains("load it again", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_DirectoryOfARunThatStillTrains_IsRefused()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 2);
        string? refusal = null;
        FineTuneOptions first = options.Clone();
        first.Progress = new OnStep(() => refusal ??= Assert.Throws<ModelFileException>(() => CheckpointRun.Classifier(options)).Message);

        CheckpointRun.Classifier(first);

        Assert.Contains("another run is using the directory", refusal, StringComparison.Ordinal);
    }

    private static FineTuneOptions Interrupted(TemporaryFolder folder)
    {
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 1);
        CheckpointRun.Interrupt(options, 9, o => CheckpointRun.Classifier(o));
        Assert.Equal(["checkpoint-8", "checkpoint-9"], folder.Folders);
        return options;
    }

    private sealed class OnStep(Action act) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => act();
    }
}

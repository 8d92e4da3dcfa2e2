namespace MLNet.Dispersion.Tests.Training.Checkpoints;

/// <summary>Tokens that lie in a file: the same weights, and an interrupted run finds them again.</summary>
public sealed class StoredTokensTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(4)]
    public void Classifier_FromAFile_HasTheSameBits(int? windowOverlap)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(60);
        Assert.Equal(Trained(long.MaxValue), Trained(0));

        string Trained(long memory)
        {
            FineTuneOptions options = Options(memory);
            options.MaxSequenceLength = 12;
            using TextClassifier classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options, windowOverlap: windowOverlap);
            Assert.Equal(windowOverlap is null, classifier.TruncatedTrainingRows > 0);
            return Bits(classifier.LanguageModel) + string.Join(' ', classifier.Score(texts).Values);
        }
    }

    [Fact]
    public void Pairs_FromAFile_HaveTheSameBits()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(60);
        Assert.Equal(Trained(long.MaxValue), Trained(0));

        string Trained(long memory)
        {
            using TextClassifier classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, Options(memory), secondTexts: [.. texts.Reverse()]);
            return Bits(classifier.LanguageModel);
        }
    }

    [Fact]
    public void InterruptedRun_FindsItsTokensAgain()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(60);
        using var undisturbed = new TemporaryFolder();
        using var disturbed = new TemporaryFolder();
        string expected = Train(undisturbed.Path, texts, stopAt: null);
        Assert.ThrowsAny<OperationCanceledException>(() => Train(disturbed.Path, texts, stopAt: 4));
        string kept = Assert.Single(Directory.GetFiles(disturbed.Path, "rows-*.tokens"));
        DateTime written = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(kept, written);

        Assert.Equal(expected, Train(disturbed.Path, texts, stopAt: null));
        Assert.Equal(written, File.GetLastWriteTimeUtc(kept));
        Assert.Equal([Path.GetFileName(kept), "run.lock"], Directory.GetFiles(disturbed.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

        // Other texts are another run's.
        string[] others = [.. texts];
        others[7] += " money";
        Assert.Contains("Data.Contents", Assert.Throws<ModelFileException>(() => Train(disturbed.Path, others, stopAt: null)).Message, StringComparison.Ordinal);

        string Train(string folder, string[] rows, int? stopAt)
        {
            using var source = new CancellationTokenSource();
            FineTuneOptions options = Options(0);
            options.Checkpoints = new CheckpointOptions { Directory = folder, EverySteps = 2 };
            options.CancellationToken = source.Token;
            options.Progress = new Stop(stopAt, source);
            using TextClassifier classifier = TextClassifier.Train(TinyBackbone.Backbone, rows, labels, 3, options);
            Assert.Equal(folder == disturbed.Path, classifier.TrainingResult!.ResumedFromStep is not null);
            return Bits(classifier.LanguageModel);
        }
    }

    [Fact]
    public void Blocks_FromAFile_AreThoseInMemory()
    {
        var (texts, _) = TinyBackbone.LabelledTexts(60);
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using StoredRows packed = TrainingBlocks.Stored(model, [.. texts, " ", null], Options(0));
        using StoredRows apart = TrainingBlocks.Stored(model, texts, new FineTuneOptions { MaxSequenceLength = 9, DataMemoryBytes = 0 }, packed: false);
        using StoredRows parted = TrainingBlocks.Stored(model, texts[..40], Options(0), validation: texts[40..]);
        TextBlocks expected = TrainingBlocks.OnePerText(model, texts, 9);
        IReadOnlyList<int[]> learnt = TrainingBlocks.Packed(model, texts[..40]), held = TrainingBlocks.Packed(model, texts[40..]);

        Assert.True(packed.IsInFile && apart.IsInFile);
        Assert.Equal(TrainingBlocks.Packed(model, texts), packed.Column(0));
        Assert.Equal(expected.Blocks, apart.Column(0));
        Assert.Equal([expected.TruncatedTexts, 0], apart.Notes);
        Assert.True(expected.TruncatedTexts > 0);
        Assert.Equal(learnt.Concat(held), parted.Column(0));
        Assert.Equal([0, held.Count], parted.Notes);
    }

    [Theory]
    [InlineData(InstructionPacking.None)]
    [InlineData(InstructionPacking.BestFit)]
    [InlineData(InstructionPacking.BestFitSplit)]
    [InlineData(InstructionPacking.Wrapped)]
    public void Instructions_FromAFile_AreThoseInMemory(InstructionPacking packing)
    {
        var (texts, _) = TinyBackbone.LabelledTexts(40);
        Instruction[] rows = [.. texts.Select((text, row) => Instruction.FromPrompt(text, " refund my money") with { Weight = 1 + (row % 3) })];
        Assert.Equal(Trained(long.MaxValue), Trained(0));

        string Trained(long memory)
        {
            using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
            InstructionTrainingResult result = InstructionTrainer.Train(model, rows, Options(memory), new InstructionOptions { Packing = packing }, rows[..5]);
            return $"{result.Rows} {result.TruncatedRows} {string.Join(' ', result.RowsLeftOut)} {Bits(model)}";
        }
    }

    private static FineTuneOptions Options(long memory)
    {
        FineTuneOptions options = TextClassifierTests.Options();
        (options.Epochs, options.MicroBatchSize, options.DataMemoryBytes, options.Seed) = (2, 8, memory, 3);
        return options;
    }

    private static string Bits(PretrainedLanguageModel model) => Hashing.Of(model.Backbone.named_parameters().Select(pair => KeyValuePair.Create(pair.name, (TorchSharp.torch.Tensor)pair.parameter)));

    private sealed class Stop(int? step, CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == step)
            {
                source.Cancel();
            }
        }
    }
}

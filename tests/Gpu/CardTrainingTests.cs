namespace MLNet.Dispersion.Tests.Gpu;

/// <summary>Training on the card: as on the processor, in bfloat16, of an adapter alone, and over to the other device.</summary>
public sealed class CardTrainingTests
{
    [SkippableFact]
    public void FirstSteps_HaveTheLossesOfTheProcessor()
    {
        double[] card = Losses(Train(Card.Name)), processor = Losses(Train("cpu"));

        Assert.Equal(processor.Length, card.Length);

        // Sums in another order, over as many steps as this.
        Assert.All(processor.Zip(card).Take(5), pair => Assert.InRange(pair.Second, pair.First - 1e-3, pair.First + 1e-3));
        Assert.True(card[^1] < card[0] - 0.1, $"loss {card[0]} at first, {card[^1]} at last");
    }

    [SkippableFact]
    public void BFloat16_Learns()
    {
        double[] losses = Losses(Train(Card.Name, options => options.Precision = Precision.BFloat16Mixed));

        Assert.True(losses[^1] < losses[0] - 0.1, $"loss {losses[0]} at first, {losses[^1]} at last");
    }

    [SkippableFact]
    public void Lora_LearnsAndLeavesTheBackboneBitForBit()
    {
        using var before = PretrainedLanguageModel.Load(TinyBackbone.Backbone, new ModelLoadOptions { Device = Card.Device });
        string bits = Bits(before);
        FineTuneResult result = LanguageModelTrainer.Train(before, Blocks(before), Options(Card.Name, options => options.Lora = new LoraOptions { Rank = 4 }));

        Assert.True(Losses(result)[^1] < Losses(result)[0] - 0.05);
        Assert.Equal(bits, Bits(before));
    }

    [SkippableFact]
    public void Model_SavedFromTheCard_AnswersTheSameOnTheProcessor()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(60);
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-card-").FullName;
        try
        {
            using TextClassifier there = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, Options(Card.Name));
            there.Save(new DirectorySink(folder));
            using TextClassifier here = TextClassifier.Load(new DirectorySource(folder), "cpu");
            using TextClassifier back = TextClassifier.Load(new DirectorySource(folder), Card.Name);

            Assert.Equal(Bits(there.LanguageModel), Bits(here.LanguageModel));
            float[] expected = there.Score(texts).Values;
            Assert.All(expected.Zip(here.Score(texts).Values), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
            Assert.Equal(expected, back.Score(texts).Values);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [SkippableFact]
    public void InterruptedRun_GoesOnOnTheCardAndIsRefusedElsewhereByName()
    {
        string card = Card.Name;
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-card-").FullName;
        try
        {
            using var source = new CancellationTokenSource();
            Assert.ThrowsAny<OperationCanceledException>(() => Train(card, options =>
            {
                options.Checkpoints = new CheckpointOptions { Directory = folder, EverySteps = 2 };
                options.CancellationToken = source.Token;
                options.Progress = new Stop(5, source);
            }));
            Skip.If(card == "cpu", "The processor is no other device.");
            Assert.Contains("Backbone.Device", Assert.Throws<ModelFileException>(() => Train("cpu", options => options.Checkpoints = new CheckpointOptions { Directory = folder })).Message, StringComparison.Ordinal);
            Assert.Equal(4, Train(card, options => options.Checkpoints = new CheckpointOptions { Directory = folder, EverySteps = 2 }).ResumedFromStep);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [SkippableFact]
    public void Generation_WritesWhatTheProcessorWrites()
    {
        string[] prompts = ["my refund", "the parcel is", "it freezes again"];
        Assert.Equal(Written("cpu"), Written(Card.Name));

        IEnumerable<string> Written(string device)
        {
            using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone, new ModelLoadOptions { Device = TorchRuntime.SelectDevice(device) });
            return [.. model.Generate(prompts, new TextGenerationOptions { MaxNewTokens = 12, Temperature = 0, Engine = GenerationEngine.Torch }).Select(text => text.Text)];
        }
    }

    internal static FineTuneOptions Options(string device, Action<FineTuneOptions>? change = null)
    {
        var options = new FineTuneOptions { Epochs = 4, MicroBatchSize = 8, LearningRate = 3e-3, ValidationFraction = 0, Precision = Precision.Float32, Device = device, Seed = 3 };
        change?.Invoke(options);
        return options;
    }

    private static FineTuneResult Train(string device, Action<FineTuneOptions>? change = null)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone, new ModelLoadOptions { Device = TorchRuntime.SelectDevice(device) });
        return LanguageModelTrainer.Train(model, Blocks(model), Options(device, change));
    }

    private static IReadOnlyList<int[]> Blocks(PretrainedLanguageModel model) => TrainingBlocks.OnePerText(model, TinyBackbone.LabelledTexts(120).Texts).Blocks;

    private static double[] Losses(FineTuneResult result) => [.. result.History.Select(step => step.TaskLoss)];

    private static string Bits(PretrainedLanguageModel model) =>
        Hashing.Of(model.Backbone.named_parameters().Where(pair => !pair.name.Contains("lora", StringComparison.OrdinalIgnoreCase)).Select(pair => KeyValuePair.Create(pair.name, pair.parameter.detach().cpu())));

    private sealed class Stop(int step, CancellationTokenSource source) : IProgress<TrainingProgress>
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

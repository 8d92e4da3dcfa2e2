using MLNet.Dispersion.Tests.Models.Adapters;
using MLNet.Dispersion.Tests.Tokenization;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

public sealed class LoraTrainingTests
{
    [Theory]
    [InlineData(Precision.Float32, false)]
    [InlineData(Precision.Float32, true)]
    [InlineData(Precision.BFloat16Mixed, false)]
    public void Train_LanguageModel_LowersTheLossAndLeavesTheBaseBitForBit(Precision precision, bool checkpointing)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        string hash = model.ComputeWeightHash();
        double before = LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks());
        var options = Options();
        options.Precision = precision;
        options.ActivationCheckpointing = checkpointing;

        LanguageModelTrainer.Train(model, Blocks(), options);

        double after = LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks());
        Assert.True(after < 0.8 * before, $"from {before} to {after}");
        Assert.Equal(hash, model.ComputeWeightHash());
        Assert.All(model.Backbone.parameters(), parameter => Assert.True(parameter.requires_grad && parameter.grad is null));
        model.RemoveAdapter();
        Assert.Equal(before, LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks()));
    }

    [Theory]
    [MemberData(nameof(Adapted.Each), MemberType = typeof(Adapted))]
    public void Train_AnyFamily_SameSeedGivesTheSameAdapter(string family)
    {
        float[] one = Trained(family, checkpointing: false);

        Assert.Equal(one, Trained(family, checkpointing: false));
        Assert.All(Trained(family, checkpointing: true).Zip(one), pair => Assert.Equal(pair.Second, pair.First, 1e-4f));
    }

    [Fact]
    public void Train_Again_GoesOnWithTheAdapterThatIsThere()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        LanguageModelTrainer.Train(model, Blocks(), Options());
        double once = LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks());

        var further = Options();
        further.Lora = model.Adapter;
        LanguageModelTrainer.Train(model, Blocks(), further);

        Assert.True(LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks()) < once);
        var other = Options();
        other.Lora!.Rank = 3;
        Assert.Contains("rank 4", Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Train(model, Blocks(), other)).Message, StringComparison.Ordinal);
        other.Lora = null;
        Assert.Contains("AbsorbAdapter", Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Train(model, Blocks(), other)).Message, StringComparison.Ordinal);
        model.MergeAdapter();
        Assert.Contains("UnmergeAdapter", Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Train(model, Blocks(), further)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Train_EverySetting_GoesOnBitForBitAndLeavesTheBaseBehind(bool resumes)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
            string hash = model.ComputeWeightHash();
            double before = LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks());
            var options = Options();
            options.Lora = new LoraOptions
            {
                Rank = 4,
                Alpha = 16,
                Dropout = 0.1,
                TargetModules = ["c_attn", "wte"],
                RankPattern = new OrderedDictionary<string, int> { ["h.0.attn.c_attn"] = 2 },
                AlphaPattern = new OrderedDictionary<string, double> { ["wte"] = 1 },
                Bias = LoraBias.All,
                ModulesToSave = ["ln_f"],
            };
            options.LearningRate = 5e-3;
            LanguageModelTrainer.Train(model, Blocks(), options);
            float[] expected = [.. model.Backbone.Adapter!.Parameters.SelectMany(pair => pair.Parameter.data<float>().ToArray())];

            Assert.True(LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks()) < 0.9 * before);
            Assert.Equal(hash, model.ComputeWeightHash());
            Assert.All(model.Backbone.Adapter!.Extras.Replaced, replaced => Assert.NotEqual(replaced.Original!.data<float>().ToArray(), replaced.Weight.data<float>().ToArray()));
            if (resumes)
            {
                options.Checkpoints = new CheckpointOptions { Directory = folder, EverySteps = 3 };
                using var source = new CancellationTokenSource();
                var interrupted = options.Clone();
                interrupted.CancellationToken = source.Token;
                interrupted.Progress = new CancelAt(8, source);
                Assert.Throws<OperationCanceledException>(() => Matrices(interrupted));
            }

            Assert.Equal(expected, Matrices(options));
            model.RemoveAdapter();
            Assert.Equal(before, LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks()));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Train_LoadedAdapter_GoesOnFromItsFiles()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = Options();
        options.Lora = new LoraOptions { Rank = 4, Alpha = 16, UseDora = true, Bias = LoraBias.LoraOnly, ModulesToSave = ["wte"] };
        options.LearningRate = 5e-3;
        LanguageModelTrainer.Train(model, Blocks(), options);
        var files = new MemorySource();
        model.Save(files.Sink(), new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly });
        using var loaded = PretrainedLanguageModel.Load(TinyBackbone.Backbone, new ModelLoadOptions { Adapter = files });
        double once = LanguageModelTrainer.MeanNegativeLogLikelihood(loaded, Blocks());
        Assert.Equal(LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks()), once);

        var further = Options();
        further.LearningRate = 5e-3;
        further.Lora = loaded.Adapter;
        LanguageModelTrainer.Train(loaded, Blocks(), further);

        Assert.True(LanguageModelTrainer.MeanNegativeLogLikelihood(loaded, Blocks()) < once);
        further.Lora!.UseDora = false;
        Assert.Contains("DoRA", Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Train(loaded, Blocks(), further)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_Lora_OptimisesTheMatricesAlone()
    {
        using var backbone = Adapted.Backbone("gpt2");
        var options = new FineTuneOptions { Lora = new LoraOptions { Rank = 2 } };
        using (var trained = TrainedParameters.Choose(backbone, [], options))
        {
            using var optimizer = ParameterGroups.CreateOptimizer(trained.Backbone, trained.Head, options);

            Assert.Equal(3 * ((2 * 8) + (24 * 2)), optimizer.Trained.Sum(entry => entry.Parameter.numel()));
            Assert.Equal(6, optimizer.Trained.Count());
            Assert.All(backbone.parameters(), parameter => Assert.False(parameter.requires_grad));
        }

        Assert.All(backbone.parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Fact]
    public void Train_ClassifiersHeadOnly_LeavesTheBackboneBitForBit()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(60);
        using var original = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = TextClassifierTests.Options();
        options.HeadOnly = true;

        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);

        Assert.Equal(original.ComputeWeightHash(), classifier.LanguageModel.ComputeWeightHash());
        var history = classifier.TrainingResult!.History;
        Assert.True(history[^1].TaskLoss < history[0].TaskLoss);
    }

    [Fact]
    public void Train_LanguageModelsHeadOnly_ChangesAHeadOfItsOwnAndRefusesATiedOne()
    {
        using var scope = NewDisposeScope();
        using var backbone = Adapted.Backbone("llama");
        var before = backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.detach().clone());
        var options = new FineTuneOptions { HeadOnly = true, ValidationFraction = 0, GeometryProbe = null, Epochs = 2, WarmupRatio = 0, Precision = Precision.Float32 };
        FineTuneLoop.Run(backbone, new CausalLMObjective(), new TrainingRows(Rows()), options, CPU);

        Assert.Equal(["lm_head.weight"], backbone.named_parameters().Where(pair => pair.parameter.ne(before[pair.name]).any().item<bool>()).Select(pair => pair.name));
        using var tied = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        Assert.Contains("token embedding", Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Train(tied, Blocks(), options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_LoraAndHeadOnly_AreRefusedTogether()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new FineTuneOptions { Lora = new(), HeadOnly = true }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new FineTuneOptions { Lora = new() { Rank = 0 } }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new LoraOptions { Alpha = double.NaN }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new LoraOptions { Dropout = 1 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new LoraOptions { TargetModules = [] }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new LoraOptions { TargetModules = ["c_attn", " "] }.Validate());
        var options = new FineTuneOptions { Lora = new() { Rank = 4 } };
        var copy = options.Clone();
        options.Lora.Rank = 9;
        Assert.Equal(4, copy.Lora!.Rank);
    }

    [Theory]
    [InlineData(AdapterSaving.Everything, false)]
    [InlineData(AdapterSaving.Everything, true)]
    [InlineData(AdapterSaving.AdapterOnly, false)]
    [InlineData(AdapterSaving.AdapterOnly, true)]
    public void SaveClassifier_ThenLoad_GivesTheSameScores(AdapterSaving saving, bool merged)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(40);
        using var classifier = Classifier(saving);
        if (merged)
        {
            classifier.LanguageModel.MergeAdapter();
        }

        var files = new MemorySource();
        classifier.Save(files.Sink());
        using var loaded = TextClassifier.Load(files, "cpu");

        Assert.Equal(classifier.Score(texts).Values, loaded.Score(texts).Values);
        Assert.Equal((saving, merged), (loaded.AdapterSaving, loaded.LanguageModel.AdapterIsMerged));
        Assert.Equal(saving == AdapterSaving.Everything, files.Contains("model.safetensors"));
        Assert.Equal(classifier.LanguageModel.ComputeWeightHash(), loaded.LanguageModel.ComputeWeightHash());
        var again = new MemorySource();
        loaded.Save(again.Sink());
        Assert.Equal(files.Files.Order(), again.Files.Order());
        Assert.All(files.Files, file => Assert.Equal(files[file], again[file]));
    }

    [Fact]
    public void SaveClassifier_AdapterOnly_IsSmall()
    {
        using var everything = Classifier(AdapterSaving.Everything);
        using var small = Classifier(AdapterSaving.AdapterOnly);
        var (whole, part) = (new MemorySource(), new MemorySource());
        everything.Save(whole.Sink());
        small.Save(part.Sink());

        // Two layers of rank 4 (A: 4 x 32, B: 96 x 4) and a head of 3 x 32 numbers, with headers.
        Assert.InRange(part["adapter_model.safetensors"].Length, 2 * 512 * 4, (2 * 512 * 4) + 1000);
        Assert.Equal(whole.Files.Except(part.Files).Order(), whole.Files.Where(file => file is "config.json" or "model.safetensors" || file.Contains("tok", StringComparison.Ordinal) || file is "vocab.json" or "merges.txt").Order());
        Assert.True(5 * (part["adapter_model.safetensors"].Length + part["classifier.safetensors"].Length) < whole["model.safetensors"].Length);
    }

    [Fact]
    public void LoadClassifier_AdapterOnly_RefusesAnotherOrAMissingBase()
    {
        using var classifier = Classifier(AdapterSaving.AdapterOnly);
        var files = new MemorySource();
        classifier.Save(files.Sink());
        string identity = files.Text("adapter_base.json");
        string name = "moved-" + Guid.NewGuid().ToString("N"), hash = classifier.LanguageModel.ComputeWeightHash();
        Assert.All(files.Files, file => Assert.DoesNotContain(TinyBackbone.WholeDirectory, System.Text.Encoding.Latin1.GetString(files[file]), StringComparison.Ordinal));

        // Here, where it was saved, its base is known; elsewhere by its name alone, or by the place that older files have.
        Replace($"\"name\": \"{TinyBackbone.Backbone.Name}\"", $"\"name\": \"{name}\"");
        TextClassifier.Load(files, "cpu").Dispose();
        Replace(hash, new string('1', 64));
        var unknown = Assert.Throws<ModelFileException>(() => TextClassifier.Load(files, "cpu"));
        Assert.All([name, "not registered. Register", "AdapterBases.Register"], part => Assert.Contains(part, unknown.Message, StringComparison.Ordinal));
        Replace("\"directory\": null", "\"directory\": \"/no/such/place\"");
        var missing = Assert.Throws<ModelFileException>(() => TextClassifier.Load(files, "cpu"));
        Assert.All([name, "/no/such/place", "AdapterBases.Register"], part => Assert.Contains(part, missing.Message, StringComparison.Ordinal));

        AdapterBases.Register(TinyBackbone.Backbone, name);
        Assert.Contains(name, AdapterBases.Names);
        Assert.Contains("SHA-256", Assert.Throws<ModelFileException>(() => TextClassifier.Load(files, "cpu")).Message, StringComparison.Ordinal);
        Replace(new string('1', 64), hash);
        TextClassifier.Load(files, "cpu").Dispose();
        files["adapter_base.json"] = "{"u8.ToArray();
        Assert.Contains("adapter_base.json", Assert.Throws<ModelFileException>(() => TextClassifier.Load(files, "cpu")).Message, StringComparison.Ordinal);

        void Replace(string from, string to)
        {
            Assert.Contains(from, identity, StringComparison.Ordinal);
            identity = identity.Replace(from, to, StringComparison.Ordinal);
            files["adapter_base.json"] = System.Text.Encoding.UTF8.GetBytes(identity);
        }
    }

    [Fact]
    public void Train_ResumedLora_GoesOnBitForBit()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var options = Options();
            options.Lora!.Dropout = 0.2;
            float[] expected = Matrices(options);
            options.Checkpoints = new CheckpointOptions { Directory = folder, EverySteps = 3 };
            using var source = new CancellationTokenSource();
            var interrupted = options.Clone();
            interrupted.CancellationToken = source.Token;
            interrupted.Progress = new CancelAt(8, source);

            Assert.Throws<OperationCanceledException>(() => Matrices(interrupted));

            Assert.Equal(expected, Matrices(options));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(AdapterSaving.Everything)]
    [InlineData(AdapterSaving.AdapterOnly)]
    public void Save_ThenLoad_GivesTheSameModel(AdapterSaving saving)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = Options();
        options.Lora!.Saving = saving;
        LanguageModelTrainer.Train(model, Blocks(), options);
        var files = new MemorySource();
        model.Save(files.Sink(), new ModelSaveOptions { Adapter = model.Adapter?.Saving });
        using var loaded = PretrainedLanguageModel.Load(ModelSource.FromSource("saved", files));

        Assert.Equal(saving == AdapterSaving.Everything, files.Contains("config.json"));
        Assert.Equal(saving, loaded.Adapter!.Saving);
        Assert.Equal(LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks()), LanguageModelTrainer.MeanNegativeLogLikelihood(loaded, Blocks()));
    }

    private static float[] Matrices(FineTuneOptions options)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        LanguageModelTrainer.Train(model, Blocks(), options);
        return [.. model.Backbone.Adapter!.Parameters.SelectMany(pair => pair.Parameter.data<float>().ToArray())];
    }

    private sealed class CancelAt(int step, CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == step)
            {
                source.Cancel();
            }
        }
    }

    private static TextClassifier Classifier(AdapterSaving saving)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        var options = TextClassifierTests.Options();
        options.MaxSteps = 4;
        options.Lora = new LoraOptions { Rank = 4, Alpha = 16, Saving = saving };
        return TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
    }

    private static float[] Trained(string family, bool checkpointing)
    {
        using var backbone = Adapted.Backbone(family);
        var options = Options();
        options.Lora!.TargetModules = Adapted.Targets(family);
        options.Lora.Dropout = 0.2;
        options.MaxSteps = 4;
        options.MicroBatchSize = 4;
        options.ActivationCheckpointing = checkpointing;
        FineTuneLoop.Run(backbone, new CausalLMObjective(), new TrainingRows(Rows()), options, CPU);
        Assert.Contains(backbone.Adapter!.Modules, module => module.Update.Up.abs().sum().item<float>() > 0);
        return [.. backbone.Adapter!.Parameters.SelectMany(pair => pair.Parameter.data<float>().ToArray())];
    }

    private static int[][] Rows() => [.. Enumerable.Range(0, 8).Select(row => Enumerable.Range(0, 6 + (row % 3)).Select(i => (i + row) % 5).ToArray())];

    private static int[][] Blocks() => [.. Enumerable.Range(0, 32).Select(_ => Enumerable.Range(0, 16).Select(i => 40 + (i % 4)).ToArray())];

    private static FineTuneOptions Options() => new()
    {
        Lora = new LoraOptions { Rank = 4, Alpha = 16 },
        Epochs = 4,
        MicroBatchSize = 8,
        LearningRate = 2e-2,
        ValidationFraction = 0,
        Precision = Precision.Float32,
        Device = "cpu",
        GeometryProbe = null,
        Seed = 3,
    };
}

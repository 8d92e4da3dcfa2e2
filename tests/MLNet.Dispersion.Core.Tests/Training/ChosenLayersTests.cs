using MLNet.Dispersion.Tests.Models.Families;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

/// <summary>Layers that stay as they are, and layers that learn more slowly; rows that are held out by their place, and figures that choose weights.</summary>
public sealed class ChosenLayersTests
{
    [Theory]
    [MemberData(nameof(SmallFamilies.Each), MemberType = typeof(SmallFamilies))]
    public void LayerOf_EveryParameter_LiesBetweenEmbeddingsAndHead(string family)
    {
        using LanguageBackbone backbone = SmallFamilies.Backbone(family);
        int[] layers = [.. backbone.named_parameters().Select(pair => backbone.RequireLayerOf(pair.name))];
        Assert.Contains(0, layers);
        Assert.Equal(0, backbone.RequireLayerOf(backbone.named_parameters().First(pair => ReferenceEquals(pair.parameter, backbone.TokenEmbeddingWeight)).name));
        Assert.All(layers, layer => Assert.InRange(layer, 0, backbone.Info.LayerCount + 1));
        Assert.Contains(1, layers);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Train_FrozenLayers_StayBitForBit(bool lora)
    {
        using PretrainedLanguageModel model = TinyLlama.Create();
        Dictionary<string, Tensor> before = model.Backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.detach().clone());
        FineTuneOptions options = Options();
        options.FrozenLayers = 1;
        options.Lora = lora ? new LoraOptions { Rank = 2 } : null;

        LanguageModelTrainer.Train(model, Blocks(), options);

        if (lora)
        {
            Assert.All(model.Backbone.Adapter!.Parameters.Where(pair => pair.Name.EndsWith("lora_B.weight", StringComparison.Ordinal)), pair =>
                Assert.Equal(model.Backbone.RequireLayerOf(pair.Name) > 1, pair.Parameter.abs().sum().item<float>() > 0));
            return;
        }

        Assert.All(model.Backbone.named_parameters(), pair =>
            Assert.Equal(model.Backbone.RequireLayerOf(pair.name) <= 1, pair.parameter.eq(before[pair.name]).all().item<bool>()));
    }

    [Fact]
    public void Train_MoreFrozenLayersThanThereAre_IsRefused()
    {
        using PretrainedLanguageModel model = TinyLlama.Create();
        FineTuneOptions options = Options();
        options.FrozenLayers = 3;
        Assert.Contains("has 2 layers", Assert.ThrowsAny<ArgumentException>(() => LanguageModelTrainer.Train(model, Blocks(), options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CreateOptimizer_LayerDecay_SlowsLowerLayersDown()
    {
        using var scope = NewDisposeScope();
        using PretrainedLanguageModel model = TinyLlama.Create();
        var options = new FineTuneOptions { LayerLearningRateDecay = 0.5, WeightDecay = 0, Optimizer = { Kind = OptimizerKind.Sgd } };
        using TrainingOptimizer optimizer = ParameterGroups.CreateOptimizer(model.Backbone.named_parameters(), [], options, backbone: model.Backbone);
        Dictionary<string, Tensor> before = model.Backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.detach().clone());
        foreach (Parameter parameter in optimizer.Parameters)
        {
            parameter.grad = ones_like(parameter);
        }

        optimizer.Step(0.5);

        Assert.All(model.Backbone.named_parameters(), pair =>
        {
            double rate = 0.5 * Math.Pow(0.5, 3 - model.Backbone.RequireLayerOf(pair.name));
            Assert.True((before[pair.name] - pair.parameter - rate).abs().max().item<float>() < 1e-6, pair.name);
        });
    }

    [Fact]
    public void Train_ValidationRows_AreTheLastAndAreNotTrainedOn()
    {
        using PretrainedLanguageModel one = TinyLlama.Create(), other = TinyLlama.Create();
        FineTuneOptions options = Options();
        (options.ValidationFraction, options.ValidationRows) = (null, 3);
        IReadOnlyList<int[]> blocks = Blocks(), changed = [.. blocks.Take(blocks.Count - 3), .. blocks.Take(3)];

        FineTuneResult first = LanguageModelTrainer.Train(one, blocks, options), second = LanguageModelTrainer.Train(other, changed, options);

        Assert.Equal([blocks.Count - 3, blocks.Count - 2, blocks.Count - 1], first.HeldOutRows);
        Assert.Equal(first.History.Select(step => step.TaskLoss), second.History.Select(step => step.TaskLoss));
        Assert.NotEqual(first.BestValidationLoss, second.BestValidationLoss);
        options.ValidationRows = blocks.Count;
        Assert.Contains("none is left to train on", Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Train(one, blocks, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_BestBy_ChoosesTheEpochWithTheHighestFigure()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(60);
        FineTuneOptions options = Options();
        (options.Epochs, options.ValidationFraction, options.BestBy, options.EarlyStoppingPatience) = (5, 0.3, TrainingFigures.Accuracy, null);
        using TextClassifier model = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);

        TrainingProgress[] epochs = [.. model.TrainingResult!.History.Where(step => step.ValidationLoss is not null)];
        double best = epochs.Max(step => step.ValidationAccuracy!.Value);
        Assert.Equal(epochs.First(step => step.ValidationAccuracy == best).Epoch, model.TrainingResult.BestEpoch);
        Assert.Equal(epochs[model.TrainingResult.BestEpoch!.Value - 1].ValidationLoss, model.TrainingResult.BestValidationLoss);
        options.BestBy = "F2";
        Assert.Contains("it reports accuracy", Assert.Throws<ArgumentException>(() => TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OptimizerKind.Sgd)]
    [InlineData(OptimizerKind.RmsProp)]
    [InlineData(OptimizerKind.Adagrad)]
    [InlineData(OptimizerKind.Adafactor)]
    public void Train_OtherOptimizers_LowerTheLossAndGoOnAfterAnInterruption(OptimizerKind kind)
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-optimizer-").FullName;
        try
        {
            using PretrainedLanguageModel whole = TinyLlama.Create(), halved = TinyLlama.Create(), resumed = TinyLlama.Create();
            FineTuneResult expected = LanguageModelTrainer.Train(whole, Blocks(), Of(null));
            FineTuneOptions first = Of(new CheckpointOptions { Directory = folder, EverySteps = 2 });
            using var stop = new CancellationTokenSource();
            first.CancellationToken = stop.Token;
            first.Progress = new Stop(5, stop);
            Assert.Throws<OperationCanceledException>(() => LanguageModelTrainer.Train(halved, Blocks(), first));

            FineTuneResult found = LanguageModelTrainer.Train(resumed, Blocks(), Of(new CheckpointOptions { Directory = folder, EverySteps = 2 }));

            Assert.Equal(4, found.ResumedFromStep);
            Assert.Equal(expected.History.Select(step => step.TaskLoss), found.History.Select(step => step.TaskLoss));
            Assert.True(expected.History[^1].TaskLoss < expected.History[0].TaskLoss);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        FineTuneOptions Of(CheckpointOptions? checkpoints)
        {
            FineTuneOptions options = Options();
            (options.Epochs, options.Checkpoints) = (6, checkpoints);
            options.Optimizer = new OptimizerOptions { Kind = kind, Momentum = kind == OptimizerKind.Sgd ? 0.9 : 0, Nesterov = kind == OptimizerKind.Sgd };
            options.LearningRate = kind == OptimizerKind.Sgd ? 0.05 : 3e-3;
            return options;
        }
    }

    private static FineTuneOptions Options() => new()
    {
        Epochs = 2, MicroBatchSize = 8, LearningRate = 3e-3, WarmupRatio = 0, ValidationFraction = 0, Device = "cpu", Precision = Precision.Float32, Seed = 1, GeometryProbe = null, Dispersion = { Coefficient = 0 },
    };

    private static IReadOnlyList<int[]> Blocks() => [.. Enumerable.Range(0, 16).Select(block => Enumerable.Range(0, 12).Select(i => 40 + ((block + (i * i)) % 50)).ToArray())];

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

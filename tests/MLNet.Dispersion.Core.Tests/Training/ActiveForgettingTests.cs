using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

public sealed class ActiveForgettingTests
{
    private static readonly int[][] Blocks = [.. Enumerable.Range(0, 16).Select(block => Enumerable.Range(0, 8).Select(i => 40 + (block + (i * i)) % 50).ToArray())];

    [Fact]
    public void BeforeStep_AtItsSteps_ResetsTheTableAndItsMomentsAndNothingElse()
    {
        using var scope = NewDisposeScope();
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var optimizer = Optimizer(model.Backbone);
        var forgetting = ActiveForgetting.Create(model.Backbone, optimizer, new FineTuneOptions { Seed = 1, ActiveForgetting = new() { EverySteps = 3, ActiveShare = 0.8 } }, new LearningRateSchedule(1e-3, 10, 0))!;
        Parameter table = model.Backbone.TokenEmbeddingWeight!;
        var resets = new List<int>();

        for (int done = 0; done < 10; done++)
        {
            var before = State(optimizer).ToDictionary(state => state.Name, state => (Value: state.Parameter.clone(), First: state.First.clone(), Second: state.Second.clone()));
            forgetting.BeforeStep(done);
            foreach (var (name, parameter, first, second) in State(optimizer))
            {
                bool same = parameter.eq(before[name].Value).all().item<bool>() && first.eq(before[name].First).all().item<bool>() && second.eq(before[name].Second).all().item<bool>();
                if (!same)
                {
                    Assert.Same(table, parameter);
                    Assert.Equal(0, first.abs().sum().item<float>() + second.abs().sum().item<float>());

                    // The tiny checkpoint's config.json says 0.1.
                    Assert.InRange(parameter.std().item<float>(), 0.095, 0.105);
                    Assert.InRange(parameter.mean().item<float>(), -0.005, 0.005);
                    resets.Add(done);
                }
            }

            GiveGradients(optimizer);
            optimizer.Step(1e-3);
        }

        // 8 of 10 steps are active, so 6 is the last multiple of 3.
        Assert.Equal([3, 6], resets);
        Assert.Equal(6, forgetting.LastReset);
    }

    [Fact]
    public void BeforeStep_EachReset_DrawsOtherValuesThatTheSeedDecides()
    {
        using var scope = NewDisposeScope();
        Tensor[] values = [Reset(1, 2), Reset(1, 4), Reset(1, 2), Reset(9, 2)];

        Assert.True(values[0].eq(values[2]).all().item<bool>());
        Assert.False(values[0].eq(values[1]).any().item<bool>());
        Assert.False(values[0].eq(values[3]).any().item<bool>());
    }

    [Fact]
    public void Step_AfterAReset_CorrectsTheMomentsAsIfTrainingBegan()
    {
        using var scope = NewDisposeScope();
        using var fresh = new Parameter(ones(3, 4));
        using var reset = new Parameter(ones(3, 4));
        using var first = new DecoupledAdamW(0.9, 0.999, 1e-8);
        using var second = new DecoupledAdamW(0.9, 0.999, 1e-8);
        first.Add("weight", fresh, 0);
        second.Add("weight", reset, 0);
        for (int i = 0; i < 5; i++)
        {
            reset.grad = full_like(reset, 0.3 + i);
            second.Step(1e-2);
        }

        using (no_grad())
        {
            reset.fill_(1);
        }

        second.ClearMoments(reset);
        second.CountFrom(reset, second.StepCount);
        for (int i = 0; i < 3; i++)
        {
            fresh.grad = full_like(fresh, 0.7 - i);
            reset.grad = full_like(reset, 0.7 - i);
            first.Step(1e-2);
            second.Step(1e-2);
        }

        Assert.True(fresh.eq(reset).all().item<bool>());
        Assert.False(fresh.eq(1).any().item<bool>());
    }

    [Theory]
    [InlineData(Precision.Float32, true)]
    [InlineData(Precision.BFloat16Mixed, false)]
    public void Train_WithResets_LosesWhatItLearnedThereAndRecovers(Precision precision, bool checkpointing)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = Options();
        (options.Precision, options.ActivationCheckpointing, options.GradientAccumulationSteps, options.MicroBatchSize) = (precision, checkpointing, 2, 8);
        options.ActiveForgetting = new ActiveForgettingOptions { EverySteps = 15, ActiveShare = 0.5 };
        options.GeometryProbe = new GeometryProbeOptions { EverySteps = 10, MaxTexts = 4 };

        var result = LanguageModelTrainer.Train(model, Blocks, options);

        double[] losses = [.. result.History.Select(progress => progress.TaskLoss)];
        Assert.Equal(60, losses.Length);
        Assert.True(losses[15] > losses[14] + 0.3 && losses[30] > losses[29] + 0.3, $"{losses[14]} -> {losses[15]}, {losses[29]} -> {losses[30]}");
        Assert.True(losses[45] < losses[44] + 0.3 && losses[59] < losses[30] / 2, $"{losses[44]} -> {losses[45]} -> {losses[59]}");
        Assert.Equal([0, 10, 20, 30, 40, 50, 60], result.GeometryHistory.Select(snapshot => snapshot.Step));
    }

    [Fact]
    public void Train_WithValidation_KeepsNoWeightsOfBeforeTheLastReset()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = Options();
        (options.Epochs, options.MicroBatchSize, options.ValidationFraction, options.EarlyStoppingPatience, options.LearningRate) = (10, 4, 0.25, 1, 1e-3);
        options.ActiveForgetting = new ActiveForgettingOptions { EverySteps = 5, ActiveShare = 0.9 };

        var result = LanguageModelTrainer.Train(model, Blocks, options);

        // 30 steps, the last reset after 25: of the epochs of 3 steps, the ninth is the first to end behind it.
        Assert.Equal(30, result.History[0].TotalSteps);
        Assert.True(result.BestEpoch >= 9 && result.Steps >= 27);
    }

    [Fact]
    public void Train_Classifier_ForgetsAsWell()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        var options = TextClassifierTests.Options();
        using var plain = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
        options.ActiveForgetting = new ActiveForgettingOptions { EverySteps = 2 };
        using var forgetful = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);

        Assert.Equal(plain.TrainingResult!.History[1].TaskLoss, forgetful.TrainingResult!.History[1].TaskLoss);
        Assert.NotEqual(plain.TrainingResult.History[2].TaskLoss, forgetful.TrainingResult.History[2].TaskLoss);
    }

    [Fact]
    public void Train_NoResetWouldTakePlace_SaysWhatWould()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = Options();
        options.ActiveForgetting = new ActiveForgettingOptions { ActiveShare = 0.5 };

        string message = Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Train(model, Blocks, options)).Message;

        Assert.Contains("EverySteps is 1000", message, StringComparison.Ordinal);
        Assert.Contains("the first 60 of the 120 planned steps", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_WrongOptions_AreNamed()
    {
        var options = new FineTuneOptions { ActiveForgetting = new ActiveForgettingOptions { EverySteps = 0 } };
        Assert.Contains("ActiveForgetting.EverySteps", Assert.Throws<ArgumentOutOfRangeException>(options.Validate).Message, StringComparison.Ordinal);
        options.ActiveForgetting = new ActiveForgettingOptions { ActiveShare = 1.1 };
        Assert.Contains("ActiveForgetting.ActiveShare", Assert.Throws<ArgumentOutOfRangeException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Published_AtThePublishedSize_ResetsOnceAndFollowsTheReferencesSchedule()
    {
        using var scope = NewDisposeScope();
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var optimizer = Optimizer(model.Backbone);
        var options = new FineTuneOptions { Seed = 1, ActiveForgetting = ActiveForgettingOptions.Published() };
        var forgetting = ActiveForgetting.Create(model.Backbone, optimizer, options, new LearningRateSchedule(5e-5, 1526, 0.2))!;
        Parameter table = model.Backbone.TokenEmbeddingWeight!;

        forgetting.BeforeStep(1000);

        Assert.Equal(1000, forgetting.LastReset);
        Assert.InRange(table.std().item<float>(), 0.019, 0.021);

        // Warm-up over the first 122 of 1526 places, then straight down: the step that is being done counts.
        Assert.Equal(5e-5 * 1 / 122, forgetting.OwnRate(0), 1e-12);
        Assert.Equal(5e-5, forgetting.OwnRate(121), 1e-12);
        Assert.Equal(5e-5 * 526 / 1404, forgetting.OwnRate(999), 1e-12);
        Assert.Equal(0, forgetting.OwnRate(1525), 1e-12);

        // Ten steps with a reset every three: three rounds, place 3 (s + 1) mod 10.
        options.ActiveForgetting.EverySteps = 3;
        (options.ActiveForgetting.PeakLearningRate, options.ActiveForgetting.WarmupRatio) = (1, 0.2);
        forgetting = ActiveForgetting.Create(model.Backbone, optimizer, options, new LearningRateSchedule(5e-5, 10, 0.2))!;
        double[] expected = [7 / 8.0, 4 / 8.0, 1 / 8.0, 1, 5 / 8.0, 2 / 8.0, 1 / 2.0, 6 / 8.0, 3 / 8.0, 0];
        Assert.All(expected.Index(), step => Assert.Equal(step.Item, forgetting.OwnRate(step.Index), 1e-12));
        Assert.Equal(9, forgetting.LastReset);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BeforeStep_ZeroPadRow_LeavesThePadsRowAtZeroAlone(bool zero)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        using LanguageBackbone backbone = BackboneRegistry.Create("""{"model_type": "llama", "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 50, "pad_token_id": 7}""", generator);
        using var optimizer = Optimizer(backbone);
        var options = new FineTuneOptions { ActiveForgetting = new() { EverySteps = 2, ZeroPadRow = zero } };

        ActiveForgetting.Create(backbone, optimizer, options, new LearningRateSchedule(1e-3, 10, 0))!.BeforeStep(2);

        float[] rows = backbone.TokenEmbeddingWeight!.abs().sum(1).data<float>().ToArray();
        Assert.Equal(zero ? [7] : [], rows.Index().Where(row => row.Item == 0).Select(row => row.Index));
    }

    [Fact]
    public void SetRate_OneParameter_LeavesTheOthersTheirs()
    {
        using var scope = NewDisposeScope();
        using var own = new Parameter(ones(3));
        using var other = new Parameter(ones(3));
        using var optimizer = new DecoupledAdamW(0.9, 0.999, 1e-8);
        optimizer.Add("own", own, 0);
        optimizer.Add("other", other, 0);
        (own.grad, other.grad) = (ones(3), ones(3));

        optimizer.SetRate(own, 0.5);
        optimizer.Step(0.1);

        Assert.Equal(0.5, own[0].item<float>(), 1e-5);
        Assert.Equal(0.9, other[0].item<float>(), 1e-5);
    }

    private static Tensor Reset(int seed, int done)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var optimizer = Optimizer(model.Backbone);
        ActiveForgetting.Create(model.Backbone, optimizer, new FineTuneOptions { Seed = seed, ActiveForgetting = new() { EverySteps = 2 } }, new LearningRateSchedule(1e-3, 10, 0))!.BeforeStep(done);
        return model.Backbone.TokenEmbeddingWeight!.detach().clone();
    }

    private static TrainingOptimizer Optimizer(LanguageBackbone backbone)
    {
        var optimizer = ParameterGroups.CreateOptimizer(backbone.named_parameters(), [], new FineTuneOptions());
        GiveGradients(optimizer);
        optimizer.Step(1e-3);
        optimizer.StepCount = 0;
        return optimizer;
    }

    private static void GiveGradients(TrainingOptimizer optimizer)
    {
        foreach (Parameter parameter in optimizer.Parameters)
        {
            parameter.grad = full_like(parameter, 0.01);
        }
    }

    private static FineTuneOptions Options() => new()
    {
        Epochs = 60,
        MicroBatchSize = 8,
        LearningRate = 1e-2,
        ValidationFraction = 0,
        Precision = Precision.Float32,
        GeometryProbe = null,
        Seed = 3,
    };

    private static IEnumerable<(string Name, Parameter Parameter, Tensor First, Tensor Second)> State(TrainingOptimizer optimizer)
    {
        Dictionary<string, Tensor> memory = optimizer.Memory.ToDictionary();
        return optimizer.Trained.Select(trained => (trained.Name, trained.Parameter, memory[trained.Name + ".exp_avg"], memory[trained.Name + ".exp_avg_sq"]));
    }
}

using System.Globalization;

namespace MLNet.Dispersion.Tests.Training.Checkpoints;

/// <summary>What a training run leaves, times left out: equal lines are equal bits.</summary>
internal sealed record CheckpointRun(FineTuneResult Result, string Weights, float[] Scores)
{
    /// <summary>Everything random and everything stateful: dropout, accumulation, subsampling, validation, best weights, geometry. 4 epochs of 5 steps.</summary>
    public static FineTuneOptions Options(Precision precision = Precision.Float32)
    {
        var options = TextClassifierTests.Options();
        options.Precision = precision;
        options.Dropout = 0.1;
        options.MicroBatchSize = 4;
        options.GradientAccumulationSteps = 2;
        options.ValidationFraction = 0.2;
        options.Dispersion.MaxTokens = 4;
        options.GeometryProbe = new GeometryProbeOptions { EverySteps = 3, MaxTexts = 3 };
        return options;
    }

    public static FineTuneOptions Options(string directory, int everySteps, Precision precision = Precision.Float32)
    {
        var options = Options(precision);
        options.Checkpoints = new CheckpointOptions { Directory = directory, EverySteps = everySteps };
        return options;
    }

    /// <summary>Trains a classifier on labels that say nothing, so that the best epoch is none of the last where <paramref name="noise"/> says so.</summary>
    public static CheckpointRun Classifier(FineTuneOptions options, bool noise = false)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(48);
        if (noise)
        {
            new Random(4).Shuffle(labels);
        }

        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
        return new CheckpointRun(classifier.TrainingResult!, Hash(classifier.LanguageModel), classifier.Score(texts).Values);
    }

    public static CheckpointRun Regressor(FineTuneOptions options)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(48);
        using var regressor = TextRegressor.Train(TinyBackbone.Backbone, texts, [.. labels.Select((label, row) => label + (0.1f * (row % 3)))], options);
        return new CheckpointRun(regressor.TrainingResult!, Hash(regressor.LanguageModel), regressor.Score(texts).Values);
    }

    public static CheckpointRun LanguageModel(FineTuneOptions options)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        int[][] blocks = [.. Enumerable.Range(0, 40).Select(row => Enumerable.Range(0, 12).Select(i => 40 + (i * (row + 3) % 19)).ToArray())];
        FineTuneResult result = LanguageModelTrainer.Train(model, blocks, options);
        return new CheckpointRun(result, Hash(model), []);
    }

    /// <summary>Trains until the step was reported, then cancels.</summary>
    public static void Interrupt(FineTuneOptions options, int afterStep, Func<FineTuneOptions, CheckpointRun> train)
    {
        using var source = new CancellationTokenSource();
        options = options.Clone();
        options.CancellationToken = source.Token;
        options.Progress = new Report(progress =>
        {
            if (progress.Step == afterStep)
            {
                source.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() => train(options));
    }

    public static void AssertSame(CheckpointRun expected, CheckpointRun actual)
    {
        Assert.Equal(expected.Weights, actual.Weights);
        Assert.Equal(expected.Scores, actual.Scores);
        Assert.Equal(expected.Result.History.Select(Line), actual.Result.History.Select(Line));
        Assert.Equal(expected.Result.GeometryHistory.Select(Line), actual.Result.GeometryHistory.Select(Line));
        Assert.Equal(Line(expected.Result), Line(actual.Result));
    }

    private static string Hash(PretrainedLanguageModel model) =>
        Hashing.Of(model.Backbone.named_parameters().Select(pair => KeyValuePair.Create(pair.name, (TorchSharp.torch.Tensor)pair.parameter)));

    private static string Line(TrainingProgress p) =>
        string.Create(CultureInfo.InvariantCulture, $"{p.Step}/{p.TotalSteps} {p.Epoch} {p.TaskLoss:R} {p.Dispersion:R} {p.LearningRate:R} {p.GradientNorm:R} {p.ValidationLoss:R} {p.ValidationAccuracy:R} {p.Distillation:R} {p.HiddenStateDistillation:R}");

    private static string Line(GeometrySnapshot snapshot) =>
        snapshot.Step + ": " + string.Join(' ', snapshot.Profile.Layers.Select(layer => string.Create(CultureInfo.InvariantCulture, $"{layer.MeanCosine:R} {layer.MeanCosineOffDiagonal:R} {string.Join(',', layer.Pooled.Histogram!.Counts)}")));

    private static string Line(FineTuneResult r) =>
        string.Create(CultureInfo.InvariantCulture, $"{r.StopReason} {r.Steps} {r.TrainedTokens} {r.BestEpoch} {r.BestValidationLoss:R} {r.LearningRate:R} {r.ComputeType} {r.Warning}");

    private sealed class Report(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        void IProgress<TrainingProgress>.Report(TrainingProgress value) => report(value);
    }
}

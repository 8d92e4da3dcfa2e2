using TorchSharp;

namespace MLNet.Dispersion.Tests.Training;

public sealed class FineTuneLoopTests
{
    [Theory]
    [InlineData(0.1, true)]
    [InlineData(0, false)]
    public void Run_EveryStepHasRateZero_Warns(double warmup, bool warns)
    {
        var options = new FineTuneOptions { MaxSteps = 1, WarmupRatio = warmup, ValidationFraction = 0, GeometryProbe = null };

        using var classifier = Train(options);

        string? warning = classifier.TrainingResult!.Warning;
        Assert.Equal(warns, classifier.TrainingResult.History.All(step => step.LearningRate == 0));
        Assert.Equal(warns, warning is not null);
        Assert.Contains(warns ? "nothing was learned" : "", warning ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Train_EveryStep_IsReportedInOrderWithItsFigures()
    {
        var seen = new List<TrainingProgress>();
        var options = TextClassifierTests.Options();
        options.Progress = new Collect(seen.Add);
        options.ValidationFraction = 0.1;
        using var classifier = Train(options, rows: 33);

        Assert.Equal(Enumerable.Range(1, seen.Count), seen.Select(progress => progress.Step));
        Assert.Equal(seen, classifier.TrainingResult!.History);
        Assert.All(seen, progress => Assert.True(progress.TaskLoss > 0 && progress.Dispersion is < 0.1 && progress.GradientNorm > 0 && progress.TokensPerSecond > 0));
        Assert.Equal(4, seen.Count(progress => progress.ValidationLoss is not null && progress.ValidationAccuracy is not null));
        Assert.Equal(TimeSpan.Zero, seen[^1].Remaining);
        Assert.Equal(seen[^1].TotalSteps, seen.Count);
    }

    [Fact]
    public void Train_CoefficientZero_MeasuresNoDispersion()
    {
        var options = TextClassifierTests.Options();
        options.Dispersion.Coefficient = 0;
        using var classifier = Train(options);

        Assert.All(classifier.TrainingResult!.History, progress => Assert.Null(progress.Dispersion));
    }

    [Fact]
    public void Train_WithDispersion_SpreadsMoreThanWithout()
    {
        var options = TextClassifierTests.Options();
        options.Dispersion.Coefficient = 2;
        using var dispersed = Train(options);

        Assert.True(dispersed.TrainingResult!.History[^1].Dispersion < dispersed.TrainingResult.History[0].Dispersion - 0.01);
    }

    [Fact]
    public void Train_Cancelled_StopsWithinAStep()
    {
        using var source = new CancellationTokenSource();
        int steps = 0;
        var options = TextClassifierTests.Options();
        options.CancellationToken = source.Token;
        options.Progress = new Collect(progress =>
        {
            steps = progress.Step;
            if (steps == 2)
            {
                source.Cancel();
            }
        });

        Assert.Throws<OperationCanceledException>(() => Train(options));
        Assert.Equal(2, steps);
    }

    [Fact]
    public void Train_LearningRateFarTooHigh_DivergesWithStepAndCause()
    {
        var options = TextClassifierTests.Options();
        options.LearningRate = 1e30;
        options.WarmupRatio = 0;
        options.ValidationFraction = 0;

        var error = Assert.Throws<TrainingDivergedException>(() => Train(options));

        Assert.True(error.Step >= 2);
        Assert.Contains($"Step {error.Step}", error.Message, StringComparison.Ordinal);
        Assert.Contains("learning rate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_DivergesAfterAValidatedEpoch_KeepsTheBestWeights()
    {
        var options = TextClassifierTests.Options();
        options.Epochs = 3;
        options.MicroBatchSize = 100;
        options.ValidationFraction = 0.1;
        options.WarmupRatio = 0.3;
        options.LearningRate = 1e30;
        using var classifier = Train(options);

        var result = classifier.TrainingResult!;

        Assert.Equal(FineTuneStopReason.Diverged, result.StopReason);
        Assert.Contains("were kept", result.Warning, StringComparison.Ordinal);
        Assert.All(classifier.Score(["refund"]).Values, score => Assert.True(float.IsFinite(score)));
    }

    [Fact]
    public void Train_NoBetterValidationLoss_StopsEarlyAndRestoresTheBest()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(60);
        new Random(4).Shuffle(labels);
        var options = TextClassifierTests.Options();
        options.Epochs = 60;
        options.EarlyStoppingPatience = 2;
        options.ValidationFraction = 0.3;
        using var classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);

        var result = classifier.TrainingResult!;
        var losses = result.History.Where(progress => progress.ValidationLoss is not null).ToList();

        Assert.Equal(FineTuneStopReason.EarlyStopped, result.StopReason);
        Assert.Equal(losses.Min(progress => progress.ValidationLoss), result.BestValidationLoss);
        Assert.Equal(result.BestEpoch, losses.MinBy(progress => progress.ValidationLoss)!.Epoch);
        Assert.Equal(result.BestEpoch + 2, losses[^1].Epoch);
    }

    [Fact]
    public void Train_MaxSteps_EndsThere()
    {
        var options = TextClassifierTests.Options();
        options.MaxSteps = 3;
        using var classifier = Train(options);

        Assert.Equal(3, classifier.TrainingResult!.Steps);
        Assert.Equal(FineTuneStopReason.MaxSteps, classifier.TrainingResult.StopReason);
    }

    [Fact]
    public void Train_ManySteps_LeavesNoTensorBehind()
    {
        var options = TextClassifierTests.Options();
        options.Epochs = 2;
        Train(options).Dispose();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        options.Epochs = 10;
        Train(options).Dispose();

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Train_BFloat16_StaysCloseToFloat32()
    {
        var options = TextClassifierTests.Options();
        using var exact = Train(options);
        options.Precision = Precision.BFloat16Mixed;
        using var mixed = Train(options);

        Assert.Equal(Precision.BFloat16Mixed, mixed.TrainingResult!.ComputeType);
        Assert.All(
            exact.TrainingResult!.History.Zip(mixed.TrainingResult.History),
            pair => Assert.Equal(pair.First.TaskLoss, pair.Second.TaskLoss, 0.05));
    }

    [Fact]
    public void Train_Dropout_ActsInTrainingOnlyAndIsPutBack()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        int[][] blocks = [[5, 9, 70, 33, 8, 12, 90, 4], [200, 4, 4, 4, 7, 100, 31, 6]];
        var options = TextClassifierTests.Options();
        options.ValidationFraction = 0;
        options.MaxSteps = 1;
        double plain = LanguageModelTrainer.Train(model, blocks, options).History[0].TaskLoss;
        using var other = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        double before = LanguageModelTrainer.MeanNegativeLogLikelihood(other, blocks);
        options.Dropout = 0.5;

        double dropped = LanguageModelTrainer.Train(other, blocks, options).History[0].TaskLoss;

        Assert.NotEqual(plain, dropped, 1e-3);
        Assert.Null(other.Backbone.DropoutProbability);
        // The first step's learning rate is 0, so the weights are those of before.
        Assert.Equal(before, LanguageModelTrainer.MeanNegativeLogLikelihood(other, blocks), 1e-12);
    }

    private static TextClassifier Train(FineTuneOptions options, int rows = 48)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(rows);
        return TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
    }

    private sealed class Collect(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}

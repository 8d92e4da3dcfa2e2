using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

public sealed class LogAndCancelTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_ManySteps_LogsEachEpochAndNotEachStep()
    {
        var log = new LogRecorder(_ml);
        FineTuneOptions options = Tuning.Options(epochs: 20);
        options.MicroBatchSize = 3;
        int reports = 0;
        options.Progress = new Recorder(_ => reports++);
        using FineTuneWithDispersionTransformer model = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(Tuning.KeyedRows(_ml, 12));
        string[] lines = [.. log.Infos.Where(line => line.StartsWith("epoch ", StringComparison.Ordinal))];
        Assert.Equal(80, reports);
        Assert.InRange(lines.Length, 20, 45);
        Assert.All(Enumerable.Range(1, 20), epoch => Assert.Contains(lines, line => line.StartsWith($"epoch {epoch}/20, step ", StringComparison.Ordinal)));
        Assert.All(lines, line => Assert.Contains("loss ", line, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.Contains("dispersion ", line, StringComparison.Ordinal));
        Assert.Contains("step 80/80", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_Validation_LogsItsFigures()
    {
        var log = new LogRecorder(_ml);
        FineTuneOptions options = Tuning.Options(epochs: 2);
        options.ValidationFraction = 0.25;
        using FineTuneWithDispersionTransformer model = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(Tuning.KeyedRows(_ml, 24));
        Assert.Equal(2, log.Infos.Count(line => line.StartsWith("epoch ", StringComparison.Ordinal) && line.Contains("validation loss ", StringComparison.Ordinal)));
        Assert.Contains("kept the weights of epoch ", log.Infos[^1], StringComparison.Ordinal);
        Assert.Equal(2, model.TrainingResult!.History.Count(progress => progress.ValidationLoss is not null));
    }

    [Fact]
    public void Fit_SeedDrawnFromTheContext_IsLogged()
    {
        var log = new LogRecorder(_ml);
        using FineTuneWithDispersionTransformer model = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(Tuning.KeyedRows(_ml, 12));
        Assert.Contains(log.Infos, line => line.StartsWith("Fine-tuning ", StringComparison.Ordinal) && line.Contains("12 rows of 3 classes, seed ", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_TokenCancelledBefore_Throws()
    {
        FineTuneOptions options = Tuning.Brief();
        using var source = new CancellationTokenSource();
        source.Cancel();
        options.CancellationToken = source.Token;
        var error = Assert.ThrowsAny<OperationCanceledException>(() => _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(Tuning.KeyedRows(_ml, 12)));
        Assert.Equal(source.Token, error.CancellationToken);
    }

    [Fact]
    public void Fit_TokenCancelledDuringTraining_StopsAtOnce()
    {
        using var source = new CancellationTokenSource();
        int last = 0;
        FineTuneOptions options = Tuning.Options(epochs: 1000);
        options.CancellationToken = source.Token;
        options.Progress = new Recorder(progress =>
        {
            last = progress.Step;
            if (last == 3)
            {
                source.Cancel();
            }
        });
        var error = Assert.ThrowsAny<OperationCanceledException>(() => _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(Tuning.KeyedRows(_ml, 12)));
        Assert.Equal(3, last);
        Assert.Equal(source.Token, error.CancellationToken);
    }

    [Fact]
    public void Fit_TokenCancelledAtTheLastStep_IsNoSuccess()
    {
        using var source = new CancellationTokenSource();
        FineTuneOptions options = Tuning.Brief();
        options.CancellationToken = source.Token;
        options.Progress = new Recorder(progress =>
        {
            if (progress.Step == progress.TotalSteps)
            {
                source.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(Tuning.KeyedRows(_ml, 24)));
    }

    [Fact]
    public void Fit_ContextCancelledDuringTraining_StopsWithinAStep()
    {
        int last = 0;
        FineTuneOptions options = Tuning.Options(epochs: 1000);
        options.Progress = new Recorder(progress =>
        {
            last = progress.Step;
            if (last == 3)
            {
                ContextCancellation.Cancel(_ml);
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(Tuning.KeyedRows(_ml, 12)));
        Assert.InRange(last, 3, 4);
    }

    private sealed class Recorder(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}

using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

/// <summary>A fit that was interrupted and is called again, as another process would: with another context, which draws other numbers.</summary>
public sealed class ResumeFitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-resume-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Fit_InterruptedAndCalledAgainWithoutASeed_GoesOnWithItsSeedAndSaysSo()
    {
        using var source = new CancellationTokenSource();
        FineTuneOptions interrupted = Options();
        interrupted.CancellationToken = source.Token;
        interrupted.Progress = new Recorder(progress =>
        {
            if (progress.Step == 3)
            {
                source.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => Fit(new MLContext(), interrupted));
        FineTuneOptions whole = Options();
        whole.Checkpoints = null;
        whole.Seed = TrainingCheckpoint.Latest(_folder)!.Seed;
        var ml = new MLContext();
        var log = new LogRecorder(ml);

        using FineTuneWithDispersionTransformer resumed = Fit(ml, Options());

        using FineTuneWithDispersionTransformer expected = Fit(ml, whole);
        Assert.Equal(Tuning.Scores(ml, expected, "a cat", "red and green", "five"), Tuning.Scores(ml, resumed, "a cat", "red and green", "five"));
        Assert.Equal(2, resumed.TrainingResult!.ResumedFromStep);
        Assert.Contains("Training went on from the checkpoint of step 2.", log.Infos);
        Assert.Contains(log.Infos, line => line.Contains($"seed {whole.Seed},", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_OtherRows_NamesTheDifference()
    {
        var ml = new MLContext(seed: 1);
        Fit(ml, Options()).Dispose();

        var error = Assert.Throws<ModelFileException>(() => ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Options()).Fit(Tuning.KeyedRows(ml, 9)));

        Assert.Contains("Data.Rows is 9, was 12", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_DamagedManifest_SaysWhatToDo()
    {
        var ml = new MLContext(seed: 1);
        Fit(ml, Options()).Dispose();
        File.WriteAllText(Path.Combine(_folder, "finished", "manifest.json"), "{");

        Assert.Contains("Delete the folder 'finished'", Assert.Throws<ModelFileException>(() => Fit(ml, Options())).Message, StringComparison.Ordinal);
    }

    private static FineTuneWithDispersionTransformer Fit(MLContext ml, FineTuneOptions options) =>
        ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(Tuning.KeyedRows(ml, 12));

    private FineTuneOptions Options()
    {
        FineTuneOptions options = Tuning.Options(epochs: 3);
        options.Dropout = 0.1;
        options.Checkpoints = new CheckpointOptions { Directory = _folder, EverySteps = 2 };
        return options;
    }

    private sealed class Recorder(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}

using System.Diagnostics;

namespace MLNet.Dispersion.Benchmarks.HeadDefaults;

/// <summary>One run: what is trained on which rows with which numbers.</summary>
internal sealed record Cell(
    string Model,
    string Set,
    int? PerClass,
    int? Rows,
    Part Part,
    int Seed,
    TextPooling? Pooling,
    int? Epochs,
    double? Rate,
    double? HeadRate,
    double? Warmup,
    double? HeldOut,
    int BatchSize,
    double Coefficient,
    double Smoothing)
{
    /// <summary>Trains and tests.</summary>
    public Outcome Run(ModelSource backbone, DataSet set)
    {
        var (train, test) = set.Draw(Part, new TrainingSize(PerClass, Rows), Seed);
        long start = Stopwatch.GetTimestamp();
        using TextClassifier classifier = TextClassifier.Train(backbone, train.Texts, train.Labels, train.ClassCount, new FineTuneOptions
        {
            Seed = Seed,
            Pooling = Pooling,
            Epochs = Epochs,
            LearningRate = Rate,
            HeadLearningRateMultiplier = HeadRate,
            WarmupRatio = Warmup,
            ValidationFraction = HeldOut,
            MicroBatchSize = BatchSize,
            LabelSmoothing = Smoothing,
            Dispersion = { Coefficient = Coefficient },
            GeometryProbe = null,
        });
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        float[] scores = classifier.Score(test.Texts).Values;
        float[][] rows = [.. scores.Chunk(train.ClassCount)];
        double accuracy = rows.Zip(test.Labels).Average(pair => Array.IndexOf(pair.First, pair.First.Max()) == pair.Second ? 1.0 : 0.0);
        double logLoss = rows.Zip(test.Labels).Average(pair => -Math.Log(Math.Max(pair.First[pair.Second], 1e-12)));
        FineTuneDefaults numbers = classifier.TrainingResult!.Numbers!;
        return new Outcome(this, train.Texts.Length, train.ClassCount, test.Texts.Length, numbers.Epochs, numbers.LearningRate, numbers.HeadLearningRateMultiplier, accuracy, logLoss, seconds, DateTime.UtcNow);
    }
}

/// <summary>What a run gave.</summary>
/// <param name="Cell">The run.</param>
/// <param name="TrainingRows">Rows that were trained on.</param>
/// <param name="Classes">Classes.</param>
/// <param name="TestRows">Rows that were tested on.</param>
/// <param name="Epochs">Epochs, the default's where the run named none.</param>
/// <param name="Rate">The learning rate, the default's where the run named none.</param>
/// <param name="HeadRate">The head's multiple of it, the default's where the run named none.</param>
/// <param name="Accuracy">The share of test rows that were right.</param>
/// <param name="LogLoss">Mean negative log-probability of the right class, nats.</param>
/// <param name="Seconds">Of training, loading the model included.</param>
/// <param name="Done">When, in universal time.</param>
internal sealed record Outcome(Cell Cell, int TrainingRows, int Classes, int TestRows, int Epochs, double Rate, double HeadRate, double Accuracy, double LogLoss, double Seconds, DateTime Done);

using System.Diagnostics;
using MLNet.Dispersion.Tokenization;
using MLNet.Dispersion.Training;

namespace MLNet.Dispersion.Benchmarks.TrainingThroughput;

/// <summary>Times whole optimizer steps of the library's own training loop.</summary>
internal sealed class StepTimes : IProgress<TrainingProgress>
{
    private const int Discarded = 2;
    private readonly Stopwatch _watch = new();
    private readonly List<double> _seconds = [];

    /// <summary>The median of the steps behind the first two, in seconds.</summary>
    public static double Median(Shape shape, TextTokenizer tokenizer, int steps, Precision precision, double coefficient)
    {
        var times = new StepTimes();
        int total = steps + Discarded;
        using var model = new PretrainedLanguageModel(shape.Name, shape.Create(), tokenizer);
        times._watch.Start();
        LanguageModelTrainer.Train(model, shape.Blocks(total, model.Backbone.Info.VocabularySize), new FineTuneOptions
        {
            Epochs = 1,
            MicroBatchSize = shape.Batch,
            ValidationFraction = 0,
            GeometryProbe = null,
            Precision = precision,
            LearningRate = 1e-4,
            Dispersion = { Coefficient = coefficient },
            Progress = times,
        });
        double[] sorted = [.. times._seconds.Skip(Discarded).Order()];
        return sorted[sorted.Length / 2];
    }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        _seconds.Add(_watch.Elapsed.TotalSeconds);
        _watch.Restart();
    }
}

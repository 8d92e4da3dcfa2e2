using System.Globalization;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Benchmarks.VerdictSimulation;

/// <summary>What many trainings like the quick start's, on fewer tickets, scored on its test tickets, all of them plain: they differ by their seeds alone.</summary>
internal static class RealScores
{
    /// <summary>Few, so that many trainings take minutes.</summary>
    private const int TrainingRows = 120;

    /// <summary>The comparison whose verdicts are simulated.</summary>
    public static Comparison Comparison()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromTextFile(
            Path.Combine(AppContext.BaseDirectory, "tickets.tsv"), [new TextLoader.Column("Label", DataKind.String, 0), new TextLoader.Column("Text", DataKind.String, 1)], hasHeader: true);
        DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(data, testFraction: 0.2, seed: 1);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(ml, backbone: ModelSource.TinyEnglish, options: new() { Epochs = 2, GeometryProbe = null });
        return new Comparison(ml, pipeline, [(ml.Data.TakeRows(split.TrainSet, TrainingRows), split.TestSet)], new ComparisonOptions { GeometryTexts = 10 });
    }

    /// <summary>Reads the scores of as many trainings, and trains those that are missing.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="file">Where they are kept, one line a training.</param>
    /// <param name="trainings">How many.</param>
    public static IReadOnlyList<ComparedRun> Of(Comparison comparison, string file, int trainings)
    {
        List<ComparedRun> runs = File.Exists(file) ? [.. File.ReadLines(file).Select(line => JsonSerializer.Deserialize<ComparedRun>(line)!)] : [];
        while (runs.Count < trainings)
        {
            ComparedRun run = comparison.Train(runs.Count, 0, with: false, CancellationToken.None);
            File.AppendAllText(file, run.ToJson() + "\n");
            runs.Add(run);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"training {runs.Count} of {trainings}: {comparison.Plan.Metric} {run.Metrics[comparison.Plan.Metric].Mean:0.000}, {run.Seconds:0} seconds"));
        }

        return [.. runs.Take(trainings)];
    }
}

using Microsoft.ML;
using TorchSharp;

namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>What predictions leave behind: the mean of the last quarter of the samples less that of the first, for each prediction between them.</summary>
/// <param name="Model">The model.</param>
/// <param name="Precision">Of scoring.</param>
/// <param name="Predictions">Rows of 2 to 180 words, through a prediction engine.</param>
/// <param name="ManagedBytesPerPrediction">Growth of the managed heap after a full collection.</param>
/// <param name="ResidentBytesPerPrediction">Growth of the process's resident set.</param>
/// <param name="TensorsLeft">Tensors alive at the end beyond those alive at the beginning.</param>
internal sealed record MemoryMeasurement(string Model, Precision Precision, int Predictions, double ManagedBytesPerPrediction, double ResidentBytesPerPrediction, long TensorsLeft)
{
    private const int Samples = 40;

    /// <summary>What this line speaks of.</summary>
    public string Kind { get; } = "memory";

    /// <summary>Measures, after a quarter as many predictions that are thrown away.</summary>
    public static MemoryMeasurement Of(Subject subject, int predictions)
    {
        Row[] rows = [.. Texts.Of(64).Select(text => new Row { Text = text })];
        using var engine = subject.Ml.Model.CreatePredictionEngine<Row, Prediction>(subject.Chain, new PredictionEngineOptions { OwnsTransformer = false });
        Predict(engine, rows, predictions / 4);
        var managed = new double[Samples];
        var resident = new double[Samples];
        long tensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int sample = 0; sample < Samples; sample++)
        {
            Predict(engine, rows, predictions / Samples);
            managed[sample] = GC.GetTotalMemory(forceFullCollection: true);
            resident[sample] = Environment.WorkingSet;
        }

        return new MemoryMeasurement(
            subject.Name,
            subject.Classifier.ScoringPrecision,
            predictions,
            Math.Round(Slope(managed, predictions), 1),
            Math.Round(Slope(resident, predictions), 1),
            DisposeScopeManager.Statistics.ThreadTotalLiveCount - tensors);
    }

    private static double Slope(double[] samples, int predictions) =>
        (samples[^(Samples / 4)..].Average() - samples[..(Samples / 4)].Average()) / (predictions * 0.75);

    private static void Predict(PredictionEngine<Row, Prediction> engine, Row[] rows, int count)
    {
        for (int i = 0; i < count; i++)
        {
            engine.Predict(rows[i % rows.Length]);
        }
    }
}

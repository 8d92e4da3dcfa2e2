using Microsoft.ML;

namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>Bulk scoring through Transform.</summary>
/// <param name="Model">The model.</param>
/// <param name="Precision">Of scoring.</param>
/// <param name="Rows">Texts.</param>
/// <param name="Tokens">Their tokens.</param>
/// <param name="PaddedTokens">With the pads of the batches.</param>
/// <param name="TokensPerSecond">Real tokens, by Transform, from texts to predictions.</param>
/// <param name="ShareOfForward">Transform's throughput over that of the bare forward passes in the same batches: median of the rounds.</param>
/// <param name="Lowest">The lowest round.</param>
/// <param name="Highest">The highest.</param>
/// <param name="ShareOfSortedSweep">The same against bare forward passes over all rows sorted at once.</param>
internal sealed record BulkMeasurement(
    string Model, Precision Precision, int Rows, long Tokens, long PaddedTokens, double TokensPerSecond, double ShareOfForward, double Lowest, double Highest, double ShareOfSortedSweep)
{
    /// <summary>What this line speaks of.</summary>
    public string Kind { get; } = "bulk";

    /// <summary>Measures.</summary>
    public static BulkMeasurement Of(Subject subject, int rows, int rounds)
    {
        string[] texts = Texts.Of(rows);
        IDataView data = subject.Ml.Data.LoadFromEnumerable(texts.Select(text => new Row { Text = text }).ToArray());
        using BareForward forward = BareForward.LikeTransform(subject, texts);
        using BareForward sorted = BareForward.Sorted(subject, texts);
        double[][] seconds = Stopclock.Interleaved(rounds, forward.Run, () => Read(subject, data), sorted.Run);
        double[] shares = [.. seconds[0].Zip(seconds[1], (bare, whole) => bare / whole)];
        return new BulkMeasurement(
            subject.Name,
            subject.Classifier.ScoringPrecision,
            rows,
            forward.Tokens,
            forward.PaddedTokens,
            Math.Round(forward.Tokens / Stopclock.Median(seconds[1])),
            Math.Round(Stopclock.Median(shares), 3),
            Math.Round(shares.Min(), 3),
            Math.Round(shares.Max(), 3),
            Math.Round(Stopclock.MedianRatio(seconds[2], seconds[1]), 3));
    }

    private static void Read(Subject subject, IDataView data)
    {
        int rows = subject.Ml.Data.CreateEnumerable<Prediction>(subject.Chain.Transform(data), reuseRowObject: true).Count(prediction => prediction.PredictedLabel > 0);
        if (rows == 0)
        {
            throw new InvalidOperationException("No row was scored.");
        }
    }
}

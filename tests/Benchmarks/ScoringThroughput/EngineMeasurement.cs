using System.Diagnostics;
using Microsoft.ML;
using MLNet.Dispersion.Statistics;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>One way of scoring many rows beside bare ONNX Runtime, each round in turns with the others.</summary>
/// <param name="Model">The model.</param>
/// <param name="Way">What computes.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Rows">Texts.</param>
/// <param name="Tokens">Their tokens.</param>
/// <param name="TokensPerProcessorSecond">Mean over rounds, with the 95 % t interval.</param>
/// <param name="TimesBareOnnxRuntime">The rounds' quotients with bare ONNX Runtime's forward passes, alike.</param>
/// <param name="TokensPerSecond">By the clock: the median round.</param>
/// <param name="LargestScoreDifference">From torch's scores; of transforms alone.</param>
/// <param name="OtherLabels">Rows whose label is not torch's.</param>
internal sealed record EngineMeasurement(
    string Model, string Way, int Threads, int Rows, long Tokens, double[] TokensPerProcessorSecond, double[] TimesBareOnnxRuntime, double TokensPerSecond, double? LargestScoreDifference, int? OtherLabels)
{
    /// <summary>What this line speaks of.</summary>
    public string Kind { get; } = "engine";

    /// <summary>Measures every way, bare ONNX Runtime first.</summary>
    public static IEnumerable<EngineMeasurement> Of(Subject subject, int rows, int rounds)
    {
        int threads = get_num_threads();
        string[] texts = Texts.Of(rows);
        IDataView data = subject.Ml.Data.LoadFromEnumerable(texts.Select(text => new Row { Text = text }).ToArray());
        using BareForward torch = BareForward.LikeTransform(subject, texts);
        using var onnx = new BareOnnx(subject.Classifier.LanguageModel, torch.Batches, threads);
        Prediction[] expected = Predict(subject, data);
        (string Way, KeptEngine? Engine, Action? Bare)[] ways =
        [
            ("ONNX Runtime, forward passes alone", null, onnx.Run),
            ("torch, forward passes alone", null, torch.Run),
            ("torch, Transform", null, null),
            ("OnnxRuntimeEngine, Transform", new KeptEngine(new()), null),
            ("OnnxRuntimeEngine, Int8, Transform", new KeptEngine(new() { Weights = OnnxWeightType.Int8 }), null),
        ];
        double[][] processor = [.. ways.Select(_ => new double[rounds])], clock = [.. ways.Select(_ => new double[rounds])];
        var found = new Prediction[ways.Length][];
        for (int round = -1; round < rounds; round++)
        {
            foreach (var (i, way) in ways.Index())
            {
                subject.Classifier.ScoreWith(way.Engine);
                Action run = way.Bare ?? (() => found[i] = Predict(subject, data));
                TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
                var watch = Stopwatch.StartNew();
                run();
                if (round >= 0)
                {
                    clock[i][round] = torch.Tokens / watch.Elapsed.TotalSeconds;
                    processor[i][round] = torch.Tokens / (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
                }
            }
        }

        subject.Classifier.ScoreWith(null);
        Array.ForEach(ways, way => way.Engine?.Free());
        return ways.Select((way, i) => new EngineMeasurement(
            subject.Name,
            way.Way,
            threads,
            rows,
            torch.Tokens,
            Interval(processor[i], 0),
            Interval([.. processor[i].Zip(processor[0], (own, bare) => own / bare)], 2),
            Math.Round(Stopclock.Median(clock[i])),
            found[i]?.Zip(expected, (a, b) => a.Score.Zip(b.Score, (x, y) => (double)Math.Abs(x - y)).Max()).Max(),
            found[i]?.Zip(expected, (a, b) => a.PredictedLabel == b.PredictedLabel ? 0 : 1).Sum()));
    }

    private static double[] Interval(double[] values, int digits)
    {
        Interval interval = MeanInterval.T(values);
        return [Math.Round(interval.Estimate, digits), Math.Round(interval.Lower, digits), Math.Round(interval.Upper, digits)];
    }

    private static Prediction[] Predict(Subject subject, IDataView data) => [.. subject.Ml.Data.CreateEnumerable<Prediction>(subject.Chain.Transform(data), reuseRowObject: false)];
}

using System.Diagnostics;

namespace MLNet.Dispersion.Benchmarks.Serving;

/// <summary>A prediction engine on one thread, text after text.</summary>
internal static class BareEngine
{
    internal static Measurement Measure(Subject subject, TimeSpan warmUp, TimeSpan measured)
    {
        using var engine = subject.NewEngine();
        var durations = new List<double>();
        int errors = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; Stopwatch.GetElapsedTime(start) is var now && now < warmUp + measured; i++)
        {
            long asked = Stopwatch.GetTimestamp();
            int text = i % subject.Texts.Count;
            errors += engine.Predict(new Row { Text = subject.Texts[text] }).PredictedLabel == subject.Labels[text] ? 0 : 1;
            if (now >= warmUp)
            {
                durations.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }
        }

        return Measurement.Of("bare engine", 1, measured, durations, 0, errors, null);
    }
}

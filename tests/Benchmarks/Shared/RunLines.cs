using System.Diagnostics;

namespace MLNet.Dispersion.Benchmarks;

/// <summary>Runs as JSON lines, each appended once it is done: an interrupted command goes on where it was.</summary>
/// <param name="path">The file; null to keep them in memory alone.</param>
internal sealed class RunLines(string? path)
{
    private readonly ResultFile<RunLine> _file = new(path);

    /// <summary>Does a run, unless it stands there.</summary>
    public void Do(string set, string way, int seed, Func<double> run)
    {
        if (_file.Has(line => line.Set == set && line.Way == way && line.Seed == seed))
        {
            return;
        }

        long start = Stopwatch.GetTimestamp();
        double figure = run();
        var line = new RunLine(set, way, seed, figure, Stopwatch.GetElapsedTime(start).TotalSeconds, DateTime.UtcNow);
        _file.Add(line);
        Console.Error.WriteLine(FormattableString.Invariant($"{set}, {way}, seed {seed}: {figure:0.0000}, {line.Seconds:0} s"));
    }

    /// <summary>The ways of a set, in the order in which they were done first: means with 95 % intervals of Student's t over seeds, and differences from one of them, seed by seed.</summary>
    public string Table(string set, string figure, string baseline)
    {
        RunLine[] own = [.. _file.Results.Where(line => line.Set == set)];
        var bar = own.Where(line => line.Way == baseline).ToDictionary(line => line.Seed, line => line.Figure);
        return $"{set}\n\n| way | {figure} | minus {baseline} | seconds |\n|---|---:|---:|---:|\n" + string.Concat(own.GroupBy(line => line.Way).Select(way => FormattableString.Invariant(
            $"| {way.Key} | {Mean([.. way.Select(line => line.Figure)], "0.000")} | {(way.Key == baseline ? "" : Mean([.. way.Where(line => bar.ContainsKey(line.Seed)).Select(line => line.Figure - bar[line.Seed])], "+0.000;-0.000"))} | {way.Average(line => line.Seconds):0} |\n")));
    }

    private static string Mean(double[] values, string format)
    {
        string Text(double value) => value.ToString(format, System.Globalization.CultureInfo.InvariantCulture);
        if (values.Length < 2)
        {
            return values.Length == 0 ? "" : Text(values[0]);
        }

        Statistics.Interval interval = Statistics.MeanInterval.T(values);
        return $"{Text(interval.Estimate)} ({Text(interval.Lower)} to {Text(interval.Upper)})";
    }
}

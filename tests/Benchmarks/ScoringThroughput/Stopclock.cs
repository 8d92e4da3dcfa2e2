using System.Diagnostics;

namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>Times several jobs in turn, each round in another order, so that a slow moment of the machine falls on all.</summary>
internal static class Stopclock
{
    /// <summary>Seconds of each job, by round; one more round comes before and is thrown away.</summary>
    public static double[][] Interleaved(int rounds, params Action[] jobs)
    {
        const int warmUp = 1;
        double[][] seconds = [.. jobs.Select(_ => new double[rounds])];
        for (int round = -warmUp; round < rounds; round++)
        {
            for (int turn = 0; turn < jobs.Length; turn++)
            {
                int job = (turn + round + warmUp) % jobs.Length;
                var watch = Stopwatch.StartNew();
                jobs[job]();
                if (round >= 0)
                {
                    seconds[job][round] = watch.Elapsed.TotalSeconds;
                }
            }
        }

        return seconds;
    }

    /// <summary>The median of the rounds' quotients.</summary>
    public static double MedianRatio(double[] numerators, double[] denominators) => Median([.. numerators.Zip(denominators, (a, b) => a / b)]);

    /// <summary>The median.</summary>
    public static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}

using System.Globalization;

namespace MLNet.Dispersion.Benchmarks.DistributedCost;

/// <summary>What a sum of float32 over ranks costs: seconds = Round · 2 (n - 1) + Byte · bytes · f + Link · bytes · 8 · f / bandwidth, where f = 2 (n - 1) / n is what a ring sends from each rank.</summary>
/// <param name="Round">Seconds of each of the 2 (n - 1) rounds: latency.</param>
/// <param name="Byte">Seconds of a byte that a rank copies, adds and sends, whatever the link.</param>
/// <param name="Link">How many times a ring's bytes go over a link.</param>
/// <param name="MedianError">The median of the fit's relative errors.</param>
/// <param name="LargestError">The largest one.</param>
/// <param name="Timings">How many timings it was fitted to.</param>
internal sealed record CostModel(double Round, double Byte, double Link, double MedianError, double LargestError, int Timings)
{
    private static readonly int[] RankCounts = [8, 64, 512];
    private static readonly double[] Gigabits = [1, 10, 100];

    /// <summary>By least squares of relative errors, over the sums of more than one rank; no part below 0.</summary>
    internal static CostModel Fit(IEnumerable<Timing> timings)
    {
        Timing[] sums = [.. timings.Where(timing => timing is { What: "sum", Ranks: > 1 })];
        double[][] rows = [.. sums.Select(timing => Parts(timing.Ranks, timing.Floats, timing.Megabit).Select(part => part / timing.Seconds).ToArray())];
        double[] best = Solve(rows, [true, true, true]);
        var empty = new CostModel(best[0], best[1], best[2], 0, 0, sums.Length);
        double[] errors = [.. sums.Select(timing => Math.Abs((empty.Seconds(timing.Ranks, timing.Floats, timing.Megabit) / timing.Seconds) - 1)).Order()];
        return empty with { MedianError = errors[errors.Length / 2], LargestError = errors[^1] };
    }

    /// <summary>Predicts a sum.</summary>
    internal double Seconds(int ranks, double floats, double megabit)
    {
        double[] parts = Parts(ranks, floats, megabit);
        return (Round * parts[0]) + (Byte * parts[1]) + (Link * parts[2]);
    }

    /// <summary>Prints the predictions for a model.</summary>
    internal void Print(double parameters, double compute, TextWriter to)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        to.WriteLine(string.Create(plain, $"{parameters / 1e6:0.#} M weights, {compute:0.#} s of computing a step:"));
        to.WriteLine();
        to.WriteLine("| ranks | Gbit/s a link | seconds of summing | share of the step that computes | times one rank |");
        to.WriteLine("|---|---|---|---|---|");
        foreach (int ranks in RankCounts)
        {
            foreach (double gigabit in Gigabits)
            {
                double sum = Seconds(ranks, parameters, gigabit * 1000);
                double share = compute / (compute + sum);
                to.WriteLine(string.Create(plain, $"| {ranks} | {gigabit} | {sum:0.00} | {share:0 %} | {ranks * share:0.0} |"));
            }
        }
    }

    private static double[] Parts(int ranks, double floats, double megabit)
    {
        double traffic = floats * sizeof(float) * 2 * (ranks - 1) / ranks;
        return [2 * (ranks - 1), traffic, megabit > 0 ? traffic * 8 / (megabit * 1e6) : 0];
    }

    /// <summary>Least squares of rows that ought to give 1 each, without the parts that would come out below 0.</summary>
    private static double[] Solve(double[][] rows, bool[] used)
    {
        int[] columns = [.. Enumerable.Range(0, used.Length).Where(i => used[i])];
        var system = new double[columns.Length, columns.Length + 1];
        for (int i = 0; i < columns.Length; i++)
        {
            for (int j = 0; j < columns.Length; j++)
            {
                system[i, j] = rows.Sum(row => row[columns[i]] * row[columns[j]]);
            }

            system[i, columns.Length] = rows.Sum(row => row[columns[i]]);
        }

        double[] found = Eliminate(system);
        int worst = Array.IndexOf(found, found.Min());
        if (found[worst] < 0)
        {
            used[columns[worst]] = false;
            return Solve(rows, used);
        }

        var all = new double[used.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            all[columns[i]] = found[i];
        }

        return all;
    }

    private static double[] Eliminate(double[,] system)
    {
        int count = system.GetLength(0);
        for (int pivot = 0; pivot < count; pivot++)
        {
            for (int row = 0; row < count; row++)
            {
                double factor = row == pivot ? 0 : system[row, pivot] / system[pivot, pivot];
                for (int column = pivot; factor != 0 && column <= count; column++)
                {
                    system[row, column] -= factor * system[pivot, column];
                }
            }
        }

        return [.. Enumerable.Range(0, count).Select(i => system[i, count] / system[i, i])];
    }
}

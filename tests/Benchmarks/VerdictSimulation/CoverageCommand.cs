using System.CommandLine;
using System.Globalization;

namespace MLNet.Dispersion.Benchmarks.VerdictSimulation;

/// <summary>How often intervals of level 95 % hold the truth, and how wide they are beside an oracle's.</summary>
internal static class CoverageCommand
{
    private static readonly int[] SeedCounts = [3, 5, 10];

    public static Command Make()
    {
        var repetitions = new Option<int>("--repetitions") { Description = "Studies simulated for each world, number of seeds and number of rows.", DefaultValueFactory = _ => 10000 };
        var quick = new Option<bool>("--quick") { Description = "1,000 studies instead, of 100 and 1,000 rows." };
        var command = new Command("coverage", "How often 95 % intervals hold the truth, and how wide they are beside those of an oracle that knows the true standard error.") { repetitions, quick };
        command.SetAction(arguments => Run(arguments.GetValue(quick) ? 1000 : arguments.GetValue(repetitions), arguments.GetValue(quick) ? [100, 1000] : [100, 500, 1000, 5000]));
        return command;
    }

    private static void Run(int repetitions, int[] rowCounts)
    {
        Console.WriteLine($"Coverage in % and width / oracle's width; {repetitions} studies each, so that a coverage of 95 is known to {1.96 * Math.Sqrt(0.95 * 0.05 / repetitions) * 100:0.0}.");
        Console.WriteLine();
        Console.WriteLine($"| world | seeds | rows | {string.Join(" | ", Method.All.Select(method => method.Name))} |");
        Console.WriteLine($"|---|---:|---:|{string.Concat(Method.All.Select(_ => "---:|"))}");
        var least = Method.All.ToDictionary(method => method.Name, _ => 1.0);
        double widest = 0;
        foreach (World world in World.All)
        {
            foreach (int seeds in SeedCounts)
            {
                foreach (int rows in rowCounts)
                {
                    IReadOnlyList<(double Coverage, double Width)> figures = Simulate(world, seeds, rows, repetitions);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {world.Name} | {seeds} | {rows} | {string.Join(" | ", figures.Select(figure => string.Create(CultureInfo.InvariantCulture, $"{100 * figure.Coverage:0.0} / {figure.Width:0.00}")))} |"));
                    foreach ((Method method, (double coverage, _)) in Method.All.Zip(figures))
                    {
                        least[method.Name] = Math.Min(least[method.Name], coverage);
                    }

                    widest = Math.Max(widest, figures[0].Width);
                }
            }
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Least coverage: {string.Join(", ", least.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {100 * pair.Value:0.0}")))}. Widest of the one that decides: {widest:0.00} times the oracle's."));
    }

    private static IReadOnlyList<(double Coverage, double Width)> Simulate(World world, int seeds, int rows, int repetitions)
    {
        var estimates = new double[repetitions];
        var intervals = new Interval[repetitions][];
        Parallel.For(0, repetitions, i =>
        {
            PairedDifferences differences = world.Draw(new Dice(HashCode(world.Name, seeds, rows, i)), seeds, rows);
            estimates[i] = differences.Mean;
            intervals[i] = [.. Method.All.Select(method => method.Limits(differences))];
        });
        double mean = estimates.Average();
        double oracle = 2 * 1.959964 * Math.Sqrt(estimates.Sum(estimate => (estimate - mean) * (estimate - mean)) / (repetitions - 1));
        return [.. Method.All.Index().Select(method => (
            intervals.Count(one => one[method.Index].Contains(world.Truth)) / (double)repetitions,
            intervals.Average(one => one[method.Index].Width) / oracle))];
    }

    /// <summary>The same in every process.</summary>
    private static int HashCode(string name, params int[] numbers) => numbers.Aggregate(name.Aggregate(17, (hash, letter) => unchecked((hash * 31) + letter)), (hash, number) => unchecked((hash * 1000003) + number));
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion.Benchmarks.SamplerRegret;

/// <summary>Holds the TPE against optuna's, whose regrets are reference data.</summary>
internal static class OptunaCommand
{
    private const int Trials = 100;
    private static readonly int[] Budgets = [50, 100];

    /// <summary>The command.</summary>
    /// <param name="tpe">Makes the sampler's options of the command line.</param>
    /// <param name="options">Their options.</param>
    public static Command Make(Func<ParseResult, TpeOptions> tpe, IEnumerable<Option> options)
    {
        var data = new Option<FileInfo>("--data") { Description = "regret.json of the reference data.", DefaultValueFactory = _ => new FileInfo("../shared/fixtures/optuna/regret.json") };
        var other = new Option<string>("--against") { Description = "Which of its samplers.", DefaultValueFactory = _ => "tpe" };
        var first = new Option<int>("--first-seed") { Description = "The first of our seeds.", DefaultValueFactory = _ => 0 };
        var command = new Command("optuna", "After 50 and 100 trials, as many seeds as the reference has: the share of pairs of runs in which ours is ahead of optuna's, and whether ours is behind beyond chance.") { data, other, first };
        foreach (Option option in options)
        {
            command.Add(option);
        }

        command.SetAction(arguments => Run(arguments.GetValue(data)!, arguments.GetValue(other)!, arguments.GetValue(first), new TpeSampler(tpe(arguments))));
        return command;
    }

    private static int Run(FileInfo data, string other, int firstSeed, TpeSampler sampler)
    {
        JsonElement best = JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(data.FullName)).GetProperty("best");
        var rows = new List<(string Name, int Budget, double Ours, double Theirs, RankSumTest Test)>();
        foreach (Objective function in OptunaFunctions.All)
        {
            double[][][] theirs = [.. best.GetProperty(function.Name).GetProperty(other).EnumerateArray().Select(run => run.Deserialize<double[][]>()!)];
            var ours = new double[theirs.Length][];
            Parallel.For(0, ours.Length, seed => ours[seed] = Race.Regrets(function, sampler, Trials, firstSeed + seed));
            foreach (int budget in Budgets)
            {
                // The reference has six digits; more of ours would break what are ties.
                double[] mine = [.. ours.Select(run => SixDigits(run[budget - 1]))], yours = [.. theirs.Select(run => run.Last(point => point[0] <= budget)[1])];
                rows.Add((function.Name, budget, Race.Median(mine), Race.Median(yours), RankSumTest.Of(mine, yours)));
            }
        }

        IReadOnlyList<double> corrected = Holm.Adjust([.. rows.Select(row => row.Test.PLarger)]);
        Console.WriteLine($"| function | trials | median, ours | median, optuna {other} | share of pairs ours is ahead | p that it is behind by chance | corrected |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach (((string name, int budget, double mine, double yours, RankSumTest test), double p) in rows.Zip(corrected))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {budget} | {mine:G4} | {yours:G4} | {test.SmallerShare:0.00} | {test.PLarger:0.000} | {p:0.000} |"));
        }

        double mean = rows.Average(row => row.Test.SmallerShare);
        int worse = corrected.Count(p => p <= 0.05);
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Mean share {string.Join(", ", Budgets.Select(budget => string.Create(CultureInfo.InvariantCulture, $"{rows.Where(row => row.Budget == budget).Average(row => row.Test.SmallerShare):0.000} after {budget}")))}, {mean:0.000} together; behind beyond chance (Holm over {rows.Count}, 5 %): {worse}."));
        return worse == 0 && mean >= 0.5 ? 0 : 1;
    }

    private static double SixDigits(double value) => double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MLNet.Dispersion.Benchmarks.SamplerRegret;
using Spectre.Console;

var seeds = new Option<int>("--seeds") { Description = "Runs of each sampler on each objective.", DefaultValueFactory = _ => 30 };
var first = new Option<int>("--first-seed") { Description = "The seed of the first.", DefaultValueFactory = _ => 1 };
var budget = new Option<int>("--trials") { Description = "Random search's trials; the regret it has then is the mark.", DefaultValueFactory = _ => 100 };
var defaults = new TpeOptions();
var startup = new Option<int>("--startup-trials") { Description = "TpeOptions.StartupTrials.", DefaultValueFactory = _ => defaults.StartupTrials };
var candidates = new Option<int>("--candidates") { Description = "TpeOptions.Candidates.", DefaultValueFactory = _ => defaults.Candidates };
var share = new Option<double>("--good-share") { Description = "TpeOptions.GoodShare.", DefaultValueFactory = _ => defaults.GoodShare };
var most = new Option<int>("--most-good") { Description = "TpeOptions.MostGood.", DefaultValueFactory = _ => defaults.MostGood };
TpeOptions Tpe(ParseResult arguments) => new()
{
    StartupTrials = arguments.GetValue(startup), Candidates = arguments.GetValue(candidates), GoodShare = arguments.GetValue(share), MostGood = arguments.GetValue(most),
};
var root = new RootCommand("How many trials each sampler needs to the regret that random search's median run has after its budget: medians over seeds.") { seeds, first, budget, startup, candidates, share, most, OptunaCommand.Make(Tpe, [startup, candidates, share, most]) };
root.SetAction(arguments =>
{
    int runs = arguments.GetValue(seeds), from = arguments.GetValue(first), trials = arguments.GetValue(budget);
    (string Name, ISampler Sampler)[] samplers = [("random", new RandomSampler()), ("sobol", new SobolSampler()), ("TPE", new TpeSampler(Tpe(arguments)))];
    var table = new Table().AddColumns("Objective", "Regret", "Random", "Sobol", "TPE", "TPE / random");
    var results = new List<object>();
    foreach (Objective objective in Objective.All)
    {
        // Twice the budget, so that a median run of random search reaches the mark for certain.
        double[][][] regrets = [.. samplers.Select(sampler => Enumerable.Range(from, runs).Select(seed => Race.Regrets(objective, sampler.Sampler, 2 * trials, seed)).ToArray())];
        double mark = Race.Median(regrets[0].Select(run => run[trials - 1]));
        double[] needed = [.. regrets.Select(sampler => Race.Median(sampler.Select(run => Race.TrialsTo(mark, run))))];
        table.AddRow([objective.Name, Text(mark, "0.0000"), .. needed.Select(count => Text(count, "0")), Text(needed[2] / needed[0], "0.00")]);
        results.Add(new { objective = objective.Name, regret = mark, random = needed[0], sobol = Finite(needed[1]), tpe = Finite(needed[2]), ratio = Finite(needed[2] / needed[0]) });
    }

    AnsiConsole.Write(table);
    Console.WriteLine(JsonSerializer.Serialize(new { seeds = runs, firstSeed = from, trials, results }));
});
return await root.Parse(args).InvokeAsync();

static string Text(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "not reached";

static double? Finite(double value) => double.IsFinite(value) ? value : null;

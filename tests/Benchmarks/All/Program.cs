using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MLNet.Dispersion.Benchmarks.All;

var runs = new Option<int>("--runs") { Description = "Runs of each benchmark; a figure has fallen where all of them are worse than all that were recorded. At least 3.", DefaultValueFactory = _ => 3 };
var model = new Option<string?>("--model") { Description = "A checkpoint directory or GGUF file of a causal language model, such as SmolLM2-135M-Instruct, for the benchmarks that need a real one; without it they are left out." };
var only = new Option<string[]>("--only") { Description = "Benchmarks, by their names. Default: all.", AllowMultipleArgumentsPerToken = true };
var record = new Option<bool>("--record") { Description = "Take these figures as those to compare with from now on, for this kind of machine." };
var file = new Option<string>("--file") { Description = "Where figures are recorded.", DefaultValueFactory = _ => "tests/Benchmarks/All/recorded.json" };
var root = new RootCommand("Runs the benchmarks, prints every figure as a line of JSON, and names those that fell below the last recorded by more than their noise. From the repository's folder. It gates nothing: its exit code says whether it ran.")
{
    runs, model, only, record, file,
};
root.SetAction(arguments =>
{
    int times = Math.Max(3, arguments.GetValue(runs));
    string path = arguments.GetValue(file)!;
    string[] names = arguments.GetValue(only) ?? [];
    var found = new SortedDictionary<string, List<double>>(StringComparer.Ordinal);
    foreach (Benchmark benchmark in Benchmark.All.Where(benchmark => names.Length == 0 || names.Contains(benchmark.Name)))
    {
        if (benchmark.NeedsModel && arguments.GetValue(model) is null)
        {
            Console.Error.WriteLine($"{benchmark.Name} is left out: it needs --model.");
            continue;
        }

        for (int run = 0; run < times; run++)
        {
            foreach ((string name, double value) in Figures.Of(benchmark, benchmark.Run(arguments.GetValue(model))))
            {
                (found.TryGetValue(name, out List<double>? values) ? values : found[name] = []).Add(value);
            }
        }
    }

    var recorded = RecordedFigures.Read(path);
    string machine = Machine.Kind();
    IReadOnlyDictionary<string, double[]>? before = recorded.Of(machine);
    foreach ((string name, List<double> values) in found)
    {
        Console.WriteLine(JsonSerializer.Serialize(new { figure = name, values, recorded = before?.GetValueOrDefault(name) }, JsonSerializerOptions.Web));
    }

    if (before is null)
    {
        Console.WriteLine($"Nothing is recorded of a machine like this one ({machine}).");
    }
    else
    {
        string[] fallen = [.. found.Where(figure => before.TryGetValue(figure.Key, out double[]? then) && Comparison.HasFallen(figure.Key, then, figure.Value)).Select(figure => Comparison.Describe(figure.Key, before[figure.Key], figure.Value))];
        Console.WriteLine(fallen.Length == 0 ? "No figure fell below the last recorded by more than its noise." : "Fallen by more than their noise:\n" + string.Join('\n', fallen));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Of {found.Count} figures without any change {Comparison.FalseAlarms(times, before.Values.FirstOrDefault()?.Length ?? times):P1} are named by chance."));
    }

    if (arguments.GetValue(record))
    {
        recorded.With(machine, DateOnly.FromDateTime(DateTime.UtcNow), found).Write(path);
    }
});
return root.Parse(args).Invoke();

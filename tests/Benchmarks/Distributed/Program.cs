using System.CommandLine;
using System.Text.Json;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.DistributedCost;

var megabit = new Option<double>("--mbit") { Description = "The limit of each rank's link in Mbit/s, to be noted; 0 for ranks of one machine.", DefaultValueFactory = _ => 0 };
var rounds = new Option<int>("--rounds") { Description = "Rounds; medians are printed.", DefaultValueFactory = _ => 5 };
var sizes = new Option<int[]>("--floats") { Description = "Sizes of the sums.", DefaultValueFactory = _ => [1, 1 << 16, 1 << 20, 1 << 22], AllowMultipleArgumentsPerToken = true };
var steps = new Option<int>("--steps") { Description = "Training steps to time; 0 for none.", DefaultValueFactory = _ => 6 };
var measure = new Command("measure", "Times sums over ranks and training steps, as one rank of a job; rank 0 prints a line of JSON for each.") { megabit, rounds, sizes, steps };
measure.SetAction(arguments =>
{
    DistributedJob job = DistributedJob.Join(new DistributedOptions());
    foreach (Timing timing in Timing.Measure(job, arguments.GetValue(megabit), arguments.GetValue(sizes)!, arguments.GetValue(rounds), arguments.GetValue(steps)).Where(_ => job.IsFirst))
    {
        Console.WriteLine(JsonSerializer.Serialize(timing, JsonSerializerOptions.Web));
    }
});

var files = new Argument<FileInfo>("file") { Description = "Lines of JSON that measure printed." };
var parameters = new Option<double>("--parameters") { Description = "Trained weights of the predicted model.", DefaultValueFactory = _ => 134.5e6 };
var compute = new Option<double>("--compute") { Description = "Seconds that a rank computes in a step.", DefaultValueFactory = _ => 10 };
var fit = new Command("fit", "Fits the cost model to timings, and prints it as JSON and its predictions as a table.") { files, parameters, compute };
fit.SetAction(arguments =>
{
    Timing[] timings = [.. File.ReadLines(arguments.GetValue(files)!.FullName).Where(line => line.StartsWith('{')).Select(line => JsonSerializer.Deserialize<Timing>(line, JsonSerializerOptions.Web)!)];
    CostModel model = CostModel.Fit(timings);
    Console.WriteLine(JsonSerializer.Serialize(model, JsonSerializerOptions.Web));
    Console.WriteLine();
    model.Print(arguments.GetValue(parameters), arguments.GetValue(compute), Console.Out);
});
return new RootCommand("What training by several ranks costs.") { measure, fit }.Parse(args).Invoke();

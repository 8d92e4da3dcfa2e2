using System.CommandLine;
using MLNet.Dispersion;
using MLNet.Dispersion.Examples.PretrainTinyEnglish;

var books = new Option<FileInfo>("--books") { Description = "Gzipped JSON lines with id, title, author, text: one book a line.", Required = true };
var output = new Option<DirectoryInfo>("--out") { Description = "Where the checkpoint (F16) and TRAINING.md go.", Required = true };
var steps = new Option<int>("--steps") { Description = "Optimizer steps of 4 x 512 tokens.", DefaultValueFactory = _ => 4000 };
var coefficient = new Option<double>("--coefficient") { Description = "Weight of the dispersion loss; 0 is plain training.", DefaultValueFactory = _ => 0.1 };
var runs = new Option<DirectoryInfo?>("--run") { Description = "Where the run is kept from which the same command goes on after an interruption; without it there is none." };
var seed = new Option<int>("--seed") { Description = "Seed of weights and order.", DefaultValueFactory = _ => 1 };
var root = new RootCommand("Trains TinyEnglish, the backbone that ships with MLNet.Dispersion, from random weights on public-domain books.")
{
    books, output, steps, coefficient, seed, runs,
};
root.SetAction((arguments, cancellationToken) =>
{
    TorchRuntime.EnsureLoaded();
    var recipe = new Recipe(arguments.GetValue(steps), arguments.GetValue(coefficient), arguments.GetValue(seed));
    var run = new PretrainingRun(recipe, arguments.GetValue(books)!.FullName, arguments.GetValue(output)!.FullName, arguments.GetValue(runs)?.FullName);
    return Task.FromResult(run.Execute(cancellationToken));
});
return await root.Parse(args).InvokeAsync();

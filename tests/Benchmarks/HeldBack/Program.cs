using System.CommandLine;
using Microsoft.ML;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.HeldBack;

var books = new Option<FileInfo>("--books") { Description = "Gzipped JSON lines with id, title, author, text: one book a line.", Required = true };
var questions = new Option<FileInfo>("--questions") { Description = "JSON lines with subject and question.", Required = true };
var storage = new Option<DirectoryInfo>("--storage") { Description = "Where the comparisons are kept: the same command goes on.", Required = true };
var perClass = new Option<int>("--per-class") { Description = "Training rows of each class.", DefaultValueFactory = _ => 16 };
var seeds = new Option<int>("--seeds") { Description = "Pairs of trainings of a comparison.", DefaultValueFactory = _ => 5 };
var smoothing = new Option<double>("--smoothing") { Description = "Label smoothing of both trainings of a pair, 0 to below 1.", DefaultValueFactory = _ => 0 };
var root = new RootCommand("Asks ml.Dispersion().Compare on labelled sets that no advice was drawn from, for the default's epochs and for twice as many: does it agree with the page that says when to use the loss?")
{
    books, questions, storage, perClass, seeds, smoothing,
};
root.SetAction(arguments =>
{
    TorchRuntime.EnsureLoaded();
    arguments.GetRequiredValue(storage).Create();
    int rows = arguments.GetValue(perClass);
    double smoothed = arguments.GetValue(smoothing);
    HeldBackSet[] sets = [HeldBackSet.OfAuthors(arguments.GetRequiredValue(books), rows), HeldBackSet.OfSubjects(arguments.GetRequiredValue(questions), rows)];
    foreach (HeldBackSet set in sets)
    {
        int classes = set.Train.Select(row => row.Label).Distinct().Count();
        Console.WriteLine($"## {set.Name}: {classes} classes, {set.Train.Count} training rows, {set.Test.Count} test rows\n");
        int epochs = FineTuneDefaults.ForHead(set.Train.Count, 1).Epochs;
        foreach (int length in new[] { epochs, 2 * epochs })
        {
            var ml = new MLContext(1);
            var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
                .FineTuneWithDispersion(ml, options: new FineTuneOptions { Epochs = length, LabelSmoothing = smoothed, Dispersion = { Coefficient = 1 } })
                .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
            ComparisonResult result = ml.Dispersion().Compare(pipeline, ml.Data.LoadFromEnumerable(set.Train), ml.Data.LoadFromEnumerable(set.Test), new ComparisonOptions
            {
                Seeds = arguments.GetValue(seeds),
                Metrics = [ComparisonMetric.LogLoss(), ComparisonMetric.Accuracy()],
                Comparisons = 2 * sets.Length,
                StoragePath = Path.Combine(arguments.GetRequiredValue(storage).FullName, $"{set.Name}, {rows} rows a class, {length} epochs, {arguments.GetValue(seeds)} seeds{(smoothed > 0 ? FormattableString.Invariant($", smoothing {smoothed}") : "")}.db"),
                Progress = new Progress<ComparisonProgress>(now => Console.Error.WriteLine($"{now.Finished} of {now.Total}, {now.Remaining:hh\\:mm\\:ss} left")),
            });
            Console.WriteLine($"### {length} epochs\n\n{result}\n");
        }
    }
});
return root.Parse(args).Invoke();

using System.CommandLine;
using System.Diagnostics;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks;
using MLNet.Dispersion.Benchmarks.RealData;

var data = new Option<DirectoryInfo>("--data") { Description = "Folder with one folder a set: train.tsv, and validation.tsv or dev.tsv, with the columns label and text.", Required = true };
var results = new Option<FileInfo>("--results") { Description = "JSON lines that outcomes are appended to; runs that stand there are not done again.", Required = true };
var model = new Option<DirectoryInfo?>("--model") { Description = "A checkpoint directory in place of the verb's own backbone." };
var name = new Option<string?>("--name") { Description = "What the model is called in the results; default: its folder." };
var sets = new Option<string[]>("--set") { Description = "Names of sets; none for all.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
var rows = new Option<int?>("--rows") { Description = "Training rows in all." };
var perClass = new Option<int?>("--per-class") { Description = "Training rows of each class." };
var tooLong = new Option<bool>("--long") { Description = "Fine-tune for 96 / sqrt(rows) epochs, as the default was until 30 November 2026: about twice the default below 130 rows, hardly more beyond." };
var fresh = new Option<bool>("--fresh") { Description = "Test on rows of train.tsv that are never trained on, at most 700, instead of the validation file." };
var testDraw = new Option<int>("--test-draw") { Description = "Which rows --fresh tests on: the seed that draws them. Another one than a table was made with confirms it on other rows.", DefaultValueFactory = _ => DataSet.FirstTestDraw };
var seeds = new Option<int[]>("--seed") { Description = "Seeds of draw and training.", DefaultValueFactory = _ => [1, 2, 3, 4, 5], AllowMultipleArgumentsPerToken = true };
var contenders = new Option<string[]>("--contender") { Description = "Who takes part, and stands in the tables: " + List(Contender.All(null)) + "; none for all of these. Words of a table are together wrong by chance in 5 %: name who takes part before looking. Where they are named, forms of the dispersion loss: " + List(Contender.Forms(null)) + ".", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
var against = new Option<string>("--against") { Description = "The contender that the others' differences are from.", DefaultValueFactory = _ => "tfidf" };
var root = new RootCommand("Accuracy, log-loss and calibration on real labelled sets: fine-tuned models, with dispersion and without, beside what needs no model.")
{
    data, results, model, name, sets, rows, perClass, tooLong, fresh, testDraw, seeds, contenders, against,
};
root.SetAction(arguments =>
{
    TorchRuntime.EnsureLoaded();
    DirectoryInfo? directory = arguments.GetValue(model);
    string called = arguments.GetValue(name) ?? directory?.Name ?? ModelSource.TinySentences.Name;
    ModelSource? backbone = directory is null ? null : ModelSource.FromDirectory(directory.FullName);
    var size = new TrainingSize(arguments.GetValue(perClass), arguments.GetValue(perClass) is null ? arguments.GetValue(rows) ?? 800 : null, arguments.GetValue(tooLong));
    bool unseen = arguments.GetValue(fresh);
    int draw = arguments.GetValue(testDraw);
    string[] chosen = arguments.GetValue(contenders)!;
    Contender[] all = [.. Contender.All(backbone), .. chosen.Length == 0 ? [] : Contender.Forms(backbone)];
    foreach (string unknown in chosen.Append(arguments.GetValue(against)!).Where(one => all.All(known => known.Name != one)))
    {
        throw new ArgumentException($"The contender {unknown} is not known; these are: {string.Join(", ", all.Select(one => one.Name))}.");
    }

    var file = new ResultFile<Outcome>(arguments.GetRequiredValue(results).FullName);
    foreach (var (seed, set, contender) in from seed in arguments.GetValue(seeds)!
                                           from set in DataSet.In(arguments.GetRequiredValue(data).FullName, arguments.GetValue(sets)!)
                                           from contender in all
                                           where chosen.Length == 0 || chosen.Contains(contender.Name)
                                           where !file.Has(one => one.Contender == contender.Name && one.Model == called && one.Set == set.Name && one.Size == size.ToString() && one.Fresh == unseen && one.TestDraw == draw && one.Seed == seed)
                                           select (seed, set, contender))
    {
        long start = Stopwatch.GetTimestamp();
        Fold fold = set.Draw(size, seed, unseen, draw);
        Predictions predictions = contender.Predict(fold);
        Scores scores = Scores.Of(predictions.Probabilities, fold.Test, fold.Classes);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        file.Add(new Outcome(contender.Name, called, set.Name, size.ToString(), unseen, seed, scores, seconds, DateTime.UtcNow, draw, predictions.Cosines));
        Console.Error.WriteLine(FormattableString.Invariant($"{set.Name}, seed {seed}, {contender.Name}: {scores.Accuracy:0.000}, log-loss {scores.LogLoss:0.000}, {seconds:0.0} s"));
    }

    string[] named = arguments.GetValue(sets)!;
    Console.WriteLine(new OutcomeTable([.. file.Results.Where(one => one.Model == called && one.Size == size.ToString() && one.Fresh == unseen && one.TestDraw == draw && (named.Length == 0 || named.Contains(one.Set)) && (chosen.Length == 0 || one.Contender == arguments.GetValue(against) || chosen.Contains(one.Contender)))], arguments.GetValue(against)!).ToMarkdown());
});
return root.Parse(args).Invoke();

string List(IEnumerable<Contender> ones) => string.Join(", ", ones.Select(one => $"{one.Name} ({one.Description})"));

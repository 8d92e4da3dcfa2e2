using System.CommandLine;
using System.Diagnostics;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.NamedEntities;
using MLNet.Dispersion.Statistics;

var train = new Option<FileInfo>("--train") { Description = "JSON lines with tokens and tags.", Required = true };
var test = new Option<FileInfo>("--test") { Description = "The same, for measuring.", Required = true };
var model = new Option<DirectoryInfo?>("--model") { Description = "A checkpoint directory in place of TinyEnglish." };
var seeds = new Option<int[]>("--seed") { Description = "Seeds of training.", DefaultValueFactory = _ => [1, 2, 3], AllowMultipleArgumentsPerToken = true };
var coefficients = new Option<double[]>("--coefficient") { Description = "Of the dispersion loss.", DefaultValueFactory = _ => [0, 0.1], AllowMultipleArgumentsPerToken = true };
var epochs = new Option<int?>("--epochs") { Description = "Epochs; none for the default." };
var rows = new Option<int?>("--rows") { Description = "Training rows, the first ones; none for all." };
var root = new RootCommand("Entity-level F1 of a fine-tuned tagger beside each word's most frequent tag.") { train, test, model, seeds, coefficients, epochs, rows };
root.SetAction(arguments =>
{
    TaggedSentence[] learned = TaggedSentence.Read(arguments.GetRequiredValue(train).FullName);
    learned = arguments.GetValue(rows) is { } most ? learned[..Math.Min(most, learned.Length)] : learned;
    TaggedSentence[] measured = TaggedSentence.Read(arguments.GetRequiredValue(test).FullName);
    ModelSource backbone = arguments.GetValue(model) is { } directory ? ModelSource.FromDirectory(directory.FullName) : ModelSource.TinyEnglish;
    Console.WriteLine(FormattableString.Invariant($"{learned.Length} training rows, {measured.Length} test rows, {backbone.Name}"));
    Console.WriteLine("| tagger | seed | precision | recall | F1 | seconds |\n|---|---:|---:|---:|---:|---:|");
    var baseline = new WordTags(learned);
    Print("most frequent tag", 0, [.. measured.Select(row => baseline.Tag(row.Tokens))], TimeSpan.Zero);
    foreach (double coefficient in arguments.GetValue(coefficients)!)
    {
        double[] found = [.. arguments.GetValue(seeds)!.Select(seed => Run(coefficient, seed))];
        if (found.Length > 1)
        {
            Interval mean = MeanInterval.T(found);
            Console.WriteLine(FormattableString.Invariant($"| coefficient {coefficient}: mean of {found.Length} | | | | {found.Average():0.000} ({mean.Lower:0.000} to {mean.Upper:0.000}) | |"));
        }
    }

    double Run(double coefficient, int seed)
    {
        var watch = Stopwatch.StartNew();
        var options = new FineTuneOptions { Seed = seed, Dispersion = { Coefficient = coefficient }, Epochs = arguments.GetValue(epochs), GeometryProbe = null };
        using TextTokenClassifier tagger = TextTokenClassifier.Train(backbone, [.. learned.Select(row => WordText.OfWords(row.Tokens))], [.. learned.Select(row => row.Tags)], options);
        return Print(FormattableString.Invariant($"fine-tuned, coefficient {coefficient}"), seed, [.. tagger.Tag([.. measured.Select(row => WordText.OfWords(row.Tokens))]).Select(row => row.Tags)], watch.Elapsed);
    }

    double Print(string name, int seed, IReadOnlyList<string>[] tags, TimeSpan time)
    {
        MatchScores scores = EntityMetrics.Of([.. measured.Select(row => row.Tags)], tags, scheme: null).Micro;
        Console.WriteLine(FormattableString.Invariant($"| {name} | {seed} | {scores.Precision:0.000} | {scores.Recall:0.000} | {scores.F1:0.000} | {time.TotalSeconds:0} |"));
        return scores.F1;
    }
});
return root.Parse(args).Invoke();

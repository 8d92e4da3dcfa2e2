using System.CommandLine;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks;
using MLNet.Dispersion.Benchmarks.NamedEntities;
using MLNet.Dispersion.Statistics;

var train = new Option<FileInfo>("--train") { Description = "JSON lines with tokens and tags.", Required = true };
var test = new Option<FileInfo>("--test") { Description = "The same, for measuring.", Required = true };
var results = new Option<FileInfo?>("--results") { Description = "JSON lines that runs are appended to; runs that stand there are not done again." };
var model = new Option<DirectoryInfo?>("--model") { Description = "A checkpoint directory in place of TinySentences." };
var seeds = new Option<int[]>("--seed") { Description = "Seeds of draw and training.", DefaultValueFactory = _ => [1, 2, 3], AllowMultipleArgumentsPerToken = true };
var coefficients = new Option<double[]>("--coefficient") { Description = "Of the dispersion loss.", DefaultValueFactory = _ => [0, 0.1], AllowMultipleArgumentsPerToken = true };
var epochs = new Option<int?>("--epochs") { Description = "Epochs; none for the default." };
var rows = new Option<int?>("--rows") { Description = "Training rows, drawn anew for each seed; none for all." };
var testRows = new Option<int?>("--test-rows") { Description = "Test rows, the first ones; none for all." };
var root = new RootCommand("Entity-level F1 of a fine-tuned tagger beside each word's most frequent tag.") { train, test, results, model, seeds, coefficients, epochs, rows, testRows };
root.SetAction(arguments =>
{
    const string Baseline = "most frequent tag";
    TaggedSentence[] all = TaggedSentence.Read(arguments.GetRequiredValue(train).FullName), measured = TaggedSentence.Read(arguments.GetRequiredValue(test).FullName);
    measured = [.. measured.Take(arguments.GetValue(testRows) ?? measured.Length)];
    int most = Math.Min(arguments.GetValue(rows) ?? all.Length, all.Length);
    ModelSource backbone = arguments.GetValue(model) is { } directory ? ModelSource.FromDirectory(directory.FullName) : ModelSource.TinySentences;
    var lines = new RunLines(arguments.GetValue(results)?.FullName);
    string passes = arguments.GetValue(epochs) is { } named ? FormattableString.Invariant($", {named} epochs") : "", set = FormattableString.Invariant($"{most} training rows, {measured.Length} test rows, {backbone.Name}{passes}");
    foreach (int seed in arguments.GetValue(seeds)!)
    {
        TaggedSentence[] learned = [.. all];
        new Random(seed).Shuffle(learned);
        learned = learned[..most];
        lines.Do(set, Baseline, seed, () =>
        {
            var baseline = new WordTags(learned);
            return F1([.. measured.Select(row => baseline.Tag(row.Tokens))]);
        });
        foreach (double coefficient in arguments.GetValue(coefficients)!)
        {
            lines.Do(set, FormattableString.Invariant($"fine-tuned, coefficient {coefficient}"), seed, () =>
            {
                var options = new FineTuneOptions { Seed = seed, Dispersion = { Coefficient = coefficient }, Epochs = arguments.GetValue(epochs), GeometryProbe = null };
                using TextTokenClassifier tagger = TextTokenClassifier.Train(backbone, [.. learned.Select(row => WordText.OfWords(row.Tokens))], [.. learned.Select(row => row.Tags)], options);
                return F1([.. tagger.Tag([.. measured.Select(row => WordText.OfWords(row.Tokens))]).Select(row => row.Tags)]);
            });
        }
    }

    Console.WriteLine(lines.Table(set, "F1", Baseline));

    double F1(IReadOnlyList<string>[] tags) => EntityMetrics.Of([.. measured.Select(row => row.Tags)], tags, scheme: null).Micro.F1;
});
return root.Parse(args).Invoke();

using System.CommandLine;
using System.Diagnostics;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks;
using MLNet.Dispersion.Benchmarks.MidTraining;

var model = new Option<string?>("--model") { Description = "A GGUF file, or a directory in Hugging Face's format, in place of TinyEnglish." };
var train = new Option<FileInfo[]>("--train") { Description = "Texts to train on: .txt, or .jsonl, .jsonl.gz and .tsv with a field text.", Required = true, AllowMultipleArgumentsPerToken = true };
var heldOut = new Option<string[]>("--held-out") { Description = "Texts for perplexity, NAME=FILE, of which the first document is taken; geometry is measured on the first.", Required = true, AllowMultipleArgumentsPerToken = true };
var characters = new Option<int>("--characters") { Description = "How much of each held-out text is taken.", DefaultValueFactory = _ => 40_000 };
var results = new Option<FileInfo>("--results") { Description = "JSON lines that outcomes are appended to; runs that stand there are not done again.", Required = true };
var tokens = new Option<int>("--tokens") { Description = "Tokens of a training.", DefaultValueFactory = _ => 65_536 };
var context = new Option<int>("--context") { Description = "Tokens of a block.", DefaultValueFactory = _ => 256 };
var blocks = new Option<int>("--blocks") { Description = "Blocks of a step.", DefaultValueFactory = _ => 8 };
var micro = new Option<int>("--micro-batch") { Description = "Blocks of one pass.", DefaultValueFactory = _ => 4 };
var rate = new Option<double>("--rate") { Description = "Learning rate; the default is the published one.", DefaultValueFactory = _ => 5e-5 };
var arms = new Option<string[]>("--arm") { Description = "What is done, and stands in the tables: " + string.Join(", ", Arm.All.Select(one => $"{one.Name} ({one.Description})")) + ".", DefaultValueFactory = _ => ["none", "plain", "0.1", "1"], AllowMultipleArgumentsPerToken = true };
var seeds = new Option<int[]>("--seed") { Description = "Seeds.", DefaultValueFactory = _ => [1, 2, 3], AllowMultipleArgumentsPerToken = true };
var benchmarks = new Option<DirectoryInfo?>("--benchmarks") { Description = "A folder with the data of the published benchmarks, such as piqa/eval.jsonl; without it none are asked." };
var items = new Option<int>("--items") { Description = "Items of each benchmark.", DefaultValueFactory = _ => 50 };
var benchmarkSeeds = new Option<int[]>("--benchmark-seed") { Description = "Seeds whose models are asked; the model as it came is asked in any case.", DefaultValueFactory = _ => [1], AllowMultipleArgumentsPerToken = true };
var against = new Option<string>("--against") { Description = "The arm that the others' differences are from.", DefaultValueFactory = _ => "plain" };
var figures = new Option<string[]>("--figure") { Description = "Figures whose differences are told, such as \"last cosine\"; none for all. All words together are wrong by chance in 5 %: name arms and figures before looking.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
var root = new RootCommand("Mid-trains a model plain and with dispersion in several forms, seed by seed on the same blocks: perplexity, geometry and benchmarks afterwards.")
{
    model, train, heldOut, characters, results, tokens, context, blocks, micro, rate, arms, seeds, benchmarks, items, benchmarkSeeds, against, figures,
};
root.SetAction(arguments =>
{
    TorchRuntime.EnsureLoaded();
    string? path = arguments.GetValue(model);
    ModelSource source = path is null ? ModelSource.TinyEnglish : Directory.Exists(path) ? ModelSource.FromDirectory(path) : ModelSource.FromGguf(path);
    int length = arguments.GetValue(context), perStep = arguments.GetValue(blocks) * length;
    string training = FormattableString.Invariant($"{arguments.GetValue(tokens)} tokens of {string.Join(", ", arguments.GetRequiredValue(train).Select(file => file.Name))}, steps of {arguments.GetValue(blocks)} x {length}, {arguments.GetValue(micro)} in a pass, rate {arguments.GetValue(rate)}");
    BenchmarkTask[] tasks = arguments.GetValue(benchmarks) is { } data ? PublishedBenchmarks.In(data) : [];
    var measuring = new Measuring([.. arguments.GetRequiredValue(heldOut).Select(named => HeldOut.Of(named, arguments.GetValue(characters)))], length, tasks, arguments.GetValue(items));
    var file = new ResultFile<Outcome>(arguments.GetRequiredValue(results).FullName);
    Arm[] chosen = [.. arguments.GetValue(arms)!.Select(name => Arm.All.FirstOrDefault(arm => arm.Name == name) ?? throw new UserException($"--arm {name} is not known; these are: {string.Join(", ", Arm.All.Select(arm => arm.Name))}."))];
    string bar = arguments.GetValue(against)!;
    if (Arm.All.All(arm => arm.Name != bar))
    {
        throw new UserException($"--against {bar} is not known; these are: {string.Join(", ", Arm.All.Select(arm => arm.Name))}.");
    }

    if (arguments.GetValue(figures)!.Except(measuring.FigureNames).FirstOrDefault() is { } unknown)
    {
        throw new UserException($"--figure {unknown} is not known; these are: {string.Join(", ", measuring.FigureNames)}.");
    }

    int[][]? packed = null;
    foreach (int seed in arguments.GetValue(seeds)!)
    {
        foreach (Arm arm in chosen)
        {
            if (!file.Has(one => IsOfThis(one) && one.Arm == arm.Name && one.Seed == (arm.Set is null ? 0 : seed)))
            {
                Run(arm, arm.Set is null ? 0 : seed);
            }
        }
    }

    Console.WriteLine($"{source.Name}, {training}\n");
    Console.WriteLine(new OutcomeTable([.. file.Results.Where(one => IsOfThis(one) && (one.Arm == bar || chosen.Any(arm => arm.Name == one.Arm))).OrderBy(one => Array.FindIndex([.. Arm.All], arm => arm.Name == one.Arm)).ThenBy(one => one.Seed)], bar, arguments.GetValue(figures)!).ToMarkdown());

    bool IsOfThis(Outcome one) => one.Model == source.Name && one.Training == training && one.Measures == measuring.Name;

    void Run(Arm arm, int seed)
    {
        using PretrainedLanguageModel loaded = PretrainedLanguageModel.Load(source);
        packed ??= [.. new TextPacker(length, loaded.Tokenizer.EosTokenId!.Value).Pack(arguments.GetRequiredValue(train).SelectMany(TextFiles.Documents).Select(text => loaded.Tokenizer.Encode(text).Ids))];
        long start = Stopwatch.GetTimestamp();
        if (arm.Set is not null)
        {
            FineTuneOptions options = FineTuneOptions.PaperMidTraining(coefficient: 0, microBatchSize: arguments.GetValue(micro), contextLength: length, tokens: arguments.GetValue(tokens), tokensPerStep: perStep);
            (options.LearningRate, options.Seed, options.GeometryProbe) = (arguments.GetValue(rate), seed, null);
            arm.Set(options);
            LanguageModelTrainer.Train(loaded, packed, options);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var outcome = new Outcome(
            arm.Name, source.Name, training, measuring.Name, seed, measuring.Figures(loaded), tasks.Length > 0 && (arm.Set is null || arguments.GetValue(benchmarkSeeds)!.Contains(seed)) ? measuring.Items(loaded) : [], seconds, DateTime.UtcNow);
        file.Add(outcome);
        Console.Error.WriteLine($"{arm.Name}, seed {seed}, {seconds:0} s: {string.Join(", ", outcome.Figures.Select(figure => FormattableString.Invariant($"{figure.Key} {figure.Value:0.000}")))}");
    }
});
return root.Parse(args).Invoke();

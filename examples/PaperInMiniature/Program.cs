using System.CommandLine;
using MLNet.Dispersion;
using MLNet.Dispersion.Examples;
using MLNet.Dispersion.Examples.PaperInMiniature;
using Spectre.Console;

var sizeName = new Option<string>("--size") { Description = "glance (seconds, to see that it runs), minutes (of each replication), hour (of five).", DefaultValueFactory = _ => "minutes" };
var texts = new Option<FileInfo[]>("--texts") { Description = "Your texts: .txt, or .jsonl or .jsonl.gz with a field \"text\". Default: the documentation that comes with the .NET SDK.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
var benchmarks = new Option<DirectoryInfo?>("--benchmarks") { Description = "A folder with the data of the ten published benchmarks, such as piqa/eval.jsonl. Default: only the endings of held-out texts." };
var replications = new Option<int?>("--replications") { Description = "How often the whole study is made, from random weights on, at least 2. Default: 2 of glance, 3 of minutes, 5 of hour." };
var initialisation = new Option<bool>("--only-initialisation") { Description = "Measure models of random weights, and train none." };
var output = new Option<DirectoryInfo>("--out") { Description = "Where runs and report.html go; the same folder goes on after an interruption.", DefaultValueFactory = _ => new("paper-in-miniature") };
var root = new RootCommand("The paper's experiments with small models on this machine: pre-training by MLP width, mid-training with and without dispersion, distillation, baselines.") { sizeName, texts, benchmarks, replications, initialisation, output };
root.SetAction((arguments, cancellation) =>
{
    try
    {
        TorchRuntime.EnsureLoaded();
        MiniatureSize size = MiniatureSize.Named(arguments.GetValue(sizeName)!);
        FileInfo[] files = arguments.GetValue(texts)!;
        Corpus corpus = files.Length == 0 ? Corpus.OfDotNet(size.Documents) : Corpus.FromFiles(files, size.Documents);
        int count = Math.Max(2, arguments.GetValue(replications) ?? size.Replications);
        string folder = Path.Combine(arguments.GetValue(output)!.FullName, size.Name);
        Directory.CreateDirectory(folder);
        AnsiConsole.MarkupLineInterpolated($"{TorchRuntime.Describe()}. Size {size.Name}, {corpus.Description}, {count} replications; runs go to {folder}");

        BenchmarkTask[] published = arguments.GetValue(benchmarks) is { } data ? PublishedBenchmarks.In(data) : [];
        BenchmarkTask[] tasks = [EndingsTask.Of(corpus.HeldOut), .. published];
        Findings findings = Run(size, corpus, folder, tasks, count, !arguments.GetValue(initialisation), cancellation);
        var report = new Report(findings, $"GPT-2-like models of {size.Layers} layers and {size.Features} features, {size.PretrainingSteps} steps of pre-training and {size.MidTrainingSteps} of mid-training with {size.BlocksPerStep * size.Context} tokens each, on {corpus.Description}; {count} full replications. Accuracy: mean over {tasks.Length} benchmark(s).");
        report.Print();
        report.Write(folder);
        AnsiConsole.MarkupLineInterpolated($"Written to {Path.Combine(folder, Report.MainPage)}");
        return Task.FromResult(0);
    }
    catch (OperationCanceledException)
    {
        AnsiConsole.MarkupLine("Stopped; the same command goes on from the last checkpoint.");
        return Task.FromResult(130);
    }
    catch (Exception e) when (e is UserException or ArgumentException or IOException or UnauthorizedAccessException or FormatException or ModelFileException or TorchUnavailableException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{e.Message}[/]");
        return Task.FromResult(1);
    }
});
return await root.Parse(args).InvokeAsync();

static Findings Run(MiniatureSize size, Corpus corpus, string folder, BenchmarkTask[] tasks, int replications, bool trains, CancellationToken cancellation) =>
    AnsiConsole.Progress()
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .Start(context =>
        {
            var bar = new StudyBar(context.AddTask("vocabulary", maxValue: trains ? Study.Steps(size, replications) : replications));
            var study = new Study(size, corpus, folder, tokens => new Measuring(corpus.HeldOut, tokens, tasks, cancellation), cancellation);
            int[] seeds = [.. Enumerable.Range(1, replications)];
            InitialOutcome[][] initial = [.. seeds.Select(seed => Initial(size, study, seed, bar))];
            return new Findings([.. seeds.Select(seed => !trains ? new Replication(initial[seed - 1], [], [], []) : new Replication(
                initial[seed - 1],
                [.. size.Widths.Select(width => (width, study.Pretrain(width, seed, bar.Next($"replication {seed}, pre-training, MLP width {width}", size.PretrainingSteps))))],
                [.. Arm.FromRandomWeights.Select(arm => (arm, study.Pretrain(arm, seed, bar.Next($"replication {seed}, {arm.Name} from random weights", size.PretrainingSteps))))],
                [.. Arm.OfMidTraining.Select(arm => (arm, study.MidTrain(arm, seed, bar.Next($"replication {seed}, {arm.Name}", size.MidTrainingSteps))))]))]);
        });

static InitialOutcome[] Initial(MiniatureSize size, Study study, int seed, StudyBar bar)
{
    bar.Begin($"replication {seed}, random weights");
    return [.. size.InitialShapes.SelectMany(shape => shape.Widths.Select(width => study.Initialise(shape, width, seed)))];
}

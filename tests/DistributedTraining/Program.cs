using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using MLNet.Dispersion;

// One rank of a training job, started by an MPI launcher. Settings are given as name=value:
//   model=FOLDER       the backbone                                 out=FOLDER        where each rank writes "rank-N.txt": its end, one word and what belongs to it a line
//   accumulate=N       micro-batches of a rank's step (1)            steps=N           steps (8)
//   dispersion=X       its coefficient (0)                           lora=1            an adapter instead of all weights
//   dropout=X          its probability (0)                           checkpoints=DIR   saves after every second step
//   library=FILE       the MPI library (by the launcher)             limit=SECONDS     how long a rank may be silent (60)
//   harm=HOW@RANK@STEP kill, exit, throw, stop, cancel or wait: what befalls a rank after a step
var settings = args.Select(arg => arg.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
var distributed = new DistributedOptions { Library = settings.GetValueOrDefault("library"), TimeLimit = TimeSpan.FromSeconds(Number("limit", 60)) };
using var cancellation = new CancellationTokenSource();
int told = 0;
var lines = new List<string>();
string? rank = null;
int code = 0;
try
{
    DistributedJob job = DistributedJob.Join(distributed);
    rank = job.Rank.ToString(CultureInfo.InvariantCulture);
    using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(settings["model"]));
    int[][] blocks = [.. Enumerable.Range(0, 40).Select(row => Enumerable.Range(0, 6 + (row % 7)).Select(i => 40 + (i * (row + 3) % 19)).ToArray())];
    var options = new FineTuneOptions
    {
        Epochs = FineTuneOptions.NoEpochLimit,
        MaxSteps = (int)Number("steps", 8),
        EarlyStoppingPatience = null,
        MicroBatchSize = 2,
        GradientAccumulationSteps = (int)Number("accumulate", 1),
        LearningRate = settings.ContainsKey("lora") ? 0.3 : 0.05,
        Optimizer = { Kind = OptimizerKind.Sgd },
        Dropout = Number("dropout", 0),
        ValidationFraction = 0.2,
        MaxGradNorm = 0.5,
        Device = "cpu",
        Seed = 3,
        Distributed = distributed,
        Lora = settings.ContainsKey("lora") ? new LoraOptions { Rank = 4 } : null,
        Checkpoints = settings.TryGetValue("checkpoints", out string? folder) ? new CheckpointOptions { Directory = folder, EverySteps = 2 } : null,
        Progress = new Told(() => told++),
        CancellationToken = cancellation.Token,
    };
    options.Dispersion.Coefficient = Number("dispersion", 0);
    options.Dispersion.MaxTokens = 4;
    if (settings.TryGetValue("harm", out string? harm))
    {
        options.Observers = [new Harm(harm.Split('@'), cancellation)];
    }

    FineTuneResult result = LanguageModelTrainer.Train(model, blocks, options);
    if (settings.ContainsKey("lora"))
    {
        model.MergeAdapter();
    }

    var weights = model.Backbone.parameters()
        .SelectMany(parameter => parameter.detach().cpu().data<float>().ToArray()).ToArray();
    lines.Add("weights " + Convert.ToBase64String(MemoryMarshal.AsBytes(weights.AsSpan())));
    lines.Add("losses " + string.Join(' ', result.History.Select(step => step.TaskLoss.ToString("R", CultureInfo.InvariantCulture))));
    lines.Add("validation " + string.Join(' ', result.History.Select(step => step.ValidationLoss?.ToString("R", CultureInfo.InvariantCulture) ?? "-")));
    lines.Add(string.Create(CultureInfo.InvariantCulture, $"from {result.ResumedFromStep}"));
}
catch (Exception e) when (e is DistributedTrainingException or InvalidOperationException or ArgumentException or OperationCanceledException or DllNotFoundException or ModelFileException)
{
    lines.Add($"error {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
    Console.Error.WriteLine(lines[^1]);
    code = 5;
}

lines.Add(string.Create(CultureInfo.InvariantCulture, $"told {told}"));
string file = Path.Combine(settings["out"], $"rank-{rank ?? "alone-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}.txt");
File.WriteAllLines(file + ".part", lines);
File.Move(file + ".part", file);
return code;

double Number(string name, double otherwise) => settings.TryGetValue(name, out string? text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

internal sealed class Told(Action what) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => what();
}

/// <summary>Does something to its own process after a step.</summary>
internal sealed partial class Harm(string[] how, CancellationTokenSource cancellation) : ITrainingObserver
{
    private const int Stop = 19;

    public void StepDone(TrainingRun run, TrainingProgress progress)
    {
        if (run.Rank != int.Parse(how[1], CultureInfo.InvariantCulture) || progress.Step != int.Parse(how[2], CultureInfo.InvariantCulture))
        {
            return;
        }

        switch (how[0])
        {
            case "kill":
                Process.GetCurrentProcess().Kill();
                break;
            case "exit":
                Environment.Exit(3);
                break;
            case "throw":
                throw new InvalidOperationException("an observer that fails");
            case "stop":
                _ = Raise(Stop);
                break;
            case "wait":
                Thread.Sleep(TimeSpan.FromMinutes(10));
                break;
            default:
                cancellation.Cancel();
                break;
        }
    }

    [LibraryImport("libc", EntryPoint = "raise")]
    private static partial int Raise(int signal);
}

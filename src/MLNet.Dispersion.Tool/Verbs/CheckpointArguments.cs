using System.CommandLine;
using System.Globalization;

namespace MLNet.Dispersion.Tool;

/// <summary>Where a training keeps its state, so that the same command goes on after an interruption.</summary>
internal sealed class CheckpointArguments
{
    private readonly Option<string?> _folder = Options.Text("--checkpoints", "A folder of this run's own: after an interruption the same command goes on from the newest checkpoint in it, bit for bit.");
    private readonly Option<int?> _every = Options.Count("--checkpoint-every", "Optimizer steps from one checkpoint to the next. Default 100.");

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_folder);
        command.Options.Add(_every);
    }

    /// <summary>Sets the training's checkpoints, and what is said after an interruption.</summary>
    public void Apply(CommandContext context, FineTuneOptions options, ProgressLine progress)
    {
        string? folder = context.Get(_folder);
        options.Checkpoints = folder is null ? null : new CheckpointOptions { Directory = folder, EverySteps = context.Get(_every) ?? 100 };
        context.AfterInterruption = () => folder is null
            ? "Nothing was kept. With --checkpoints FOLDER the same command goes on where it was interrupted."
            : HasCheckpoint(folder)
                ? string.Create(CultureInfo.InvariantCulture, $"Step {progress.LastStep} was reached, and the newest checkpoint is in '{folder}': the same command goes on from it.")
                : string.Create(CultureInfo.InvariantCulture, $"Step {progress.LastStep} was reached, before the first checkpoint (--checkpoint-every): nothing was kept.");
    }

    private static bool HasCheckpoint(string folder) => Directory.Exists(folder) && Directory.EnumerateDirectories(folder, "checkpoint-*").Any();
}

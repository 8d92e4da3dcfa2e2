using Spectre.Console;

namespace MLNet.Dispersion.Examples.ToOllama;

/// <summary>Shows a training as a progress bar with the time left.</summary>
internal sealed class TuningBar(ProgressTask task) : IProgress<TrainingProgress>
{
    /// <summary>Runs the work under a bar.</summary>
    public static void Run(Action<IProgress<TrainingProgress>> work) =>
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new TuningBar(context.AddTask("Training"))));

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        task.MaxValue = value.TotalSteps;
        task.Value = value.Step;
    }
}

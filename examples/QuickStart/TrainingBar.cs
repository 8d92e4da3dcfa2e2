using Spectre.Console;

namespace MLNet.Dispersion.Examples.QuickStart;

/// <summary>Shows a training run as a progress bar with loss, speed and time left.</summary>
internal sealed class TrainingBar : IProgress<TrainingProgress>
{
    private readonly string _title;
    private readonly ProgressTask _task;

    private TrainingBar(string title, ProgressTask task)
    {
        _title = title;
        _task = task;
    }

    /// <summary>Runs the work under a bar.</summary>
    public static T Run<T>(string title, Func<IProgress<TrainingProgress>, T> work) =>
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new TrainingBar(title, context.AddTask(title))));

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        _task.MaxValue = value.TotalSteps;
        _task.Value = value.Step;
        _task.Description = $"{_title}: loss {value.TaskLoss:0.000}, {value.TokensPerSecond:0} tokens/s";
    }
}

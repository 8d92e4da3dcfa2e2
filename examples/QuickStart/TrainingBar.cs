using Spectre.Console;

namespace MLNet.Dispersion.Examples.QuickStart;

/// <summary>Shows the trainings of a comparison as a progress bar with the time left.</summary>
internal sealed class TrainingBar : IProgress<ComparisonProgress>
{
    private readonly ProgressTask _task;

    private TrainingBar(ProgressTask task) => _task = task;

    /// <summary>Runs the work under a bar.</summary>
    public static T Run<T>(Func<IProgress<ComparisonProgress>, T> work) =>
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .Start(context => work(new TrainingBar(context.AddTask("first training"))));

    /// <inheritdoc/>
    public void Report(ComparisonProgress value)
    {
        _task.MaxValue = value.Total;
        _task.Value = value.Finished;
        string left = value.Remaining is { } time ? $", about {time:mm\\:ss} left" : "";
        _task.Description = $"{value.Finished} of {value.Total} trainings{left}";
    }
}

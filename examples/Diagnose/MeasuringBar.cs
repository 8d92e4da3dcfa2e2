using Spectre.Console;

namespace MLNet.Dispersion.Examples.Diagnose;

/// <summary>Shows a measurement as a progress bar with the time left.</summary>
internal sealed class MeasuringBar(ProgressTask task) : IProgress<CondensationProgress>
{
    /// <summary>Runs the work under a bar.</summary>
    public static CondensationReport Run(string model, Func<IProgress<CondensationProgress>, CondensationReport> work) =>
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new MeasuringBar(context.AddTask(Markup.Escape($"Measuring {model}")))));

    /// <inheritdoc/>
    public void Report(CondensationProgress value)
    {
        task.MaxValue = 1;
        task.Value = value.Share;
    }
}

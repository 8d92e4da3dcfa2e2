using Spectre.Console;

namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>Shows the whole study as one progress bar with the training that runs and the time left.</summary>
internal sealed class StudyBar(ProgressTask task)
{
    private int _done;

    /// <summary>Says what is done before training.</summary>
    public void Begin(string name) => task.Description = Markup.Escape(name);

    /// <summary>The reporter of the next training.</summary>
    /// <param name="name">What is trained.</param>
    /// <param name="steps">Its optimizer steps.</param>
    public IProgress<TrainingProgress> Next(string name, int steps)
    {
        int before = _done;
        _done += steps;
        task.Value = before;
        task.Description = Markup.Escape(name);
        return new Reporter(value =>
        {
            task.Value = before + value.Step;
            task.Description = Markup.Escape(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}: loss {value.TaskLoss:0.000}, {value.TokensPerSecond:0} tokens/s"));
        });
    }

    private sealed class Reporter(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}

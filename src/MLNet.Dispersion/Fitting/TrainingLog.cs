using System.Globalization;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>
/// Writes the progress of training to MLContext.Log: the first step of each epoch, each validation, the last step and about twenty lines besides.
/// Passes every step on to the caller's own progress.
/// </summary>
internal sealed class TrainingLog(IChannel channel, int epochs, FitCancellation cancellation, IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>
{
    private const int Lines = 20;
    private int _epoch;

    public void Report(TrainingProgress value)
    {
        if (IsWorthALine(value))
        {
            channel.Info(MessageSensitivity.None, Describe(value));
        }

        _epoch = value.Epoch;
        next?.Report(value);
        cancellation.Poll();
    }

    private bool IsWorthALine(TrainingProgress progress) =>
        progress.Epoch != _epoch
        || progress.ValidationLoss is not null
        || progress.Step == progress.TotalSteps
        || progress.Step % Math.Max(1, (progress.TotalSteps + Lines - 1) / Lines) == 0;

    private string Describe(TrainingProgress p)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        string dispersion = p.Dispersion is { } d ? string.Create(plain, $", dispersion {d:0.0000}") : "";
        string validation = p.ValidationLoss is { } loss ? string.Create(plain, $", validation loss {loss:0.0000}") : "";
        string accuracy = p.ValidationAccuracy is { } share ? string.Create(plain, $", validation accuracy {share:0.000}") : "";
        string passes = epochs == FineTuneOptions.NoEpochLimit ? "" : string.Create(plain, $"/{epochs}");
        return string.Create(plain, $"epoch {p.Epoch}{passes}, step {p.Step}/{p.TotalSteps}: loss {p.TaskLoss:0.0000}{dispersion}{validation}{accuracy}, {p.TokensPerSecond:0} tokens/s, {p.Remaining:hh\\:mm\\:ss} left");
    }
}

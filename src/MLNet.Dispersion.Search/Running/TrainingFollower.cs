namespace MLNet.Dispersion;

/// <summary>Tells the study how training stands at each epoch's end, and stops training that is not worth going on with.</summary>
/// <param name="context">The trial; null where it is not to be followed.</param>
/// <param name="maximize">The direction of the first metric, which what is told agrees with: where larger is better, the validation accuracy (of a task without one, minus the validation loss), else the validation loss.</param>
/// <param name="next">Whom else to tell.</param>
/// <param name="stop">Stops training.</param>
internal sealed class TrainingFollower(TrialContext? context, bool maximize, IProgress<TrainingProgress>? next, CancellationTokenSource stop) : IProgress<TrainingProgress>
{
    /// <summary>Whether training was stopped because others did better.</summary>
    internal bool IsPruned { get; private set; }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        next?.Report(value);
        bool isLast = value.Step == value.TotalSteps;
        double? standing = maximize ? value.ValidationAccuracy ?? -value.ValidationLoss : value.ValidationLoss;
        if (context is not null && standing is { } figure && context.Report(value.Epoch, figure) && !isLast)
        {
            IsPruned = true;
            stop.Cancel();
        }
    }
}

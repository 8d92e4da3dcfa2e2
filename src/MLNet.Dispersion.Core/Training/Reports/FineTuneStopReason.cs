namespace MLNet.Dispersion;

/// <summary>Why training ended.</summary>
public enum FineTuneStopReason
{
    /// <summary>All epochs were done.</summary>
    Completed,

    /// <summary><see cref="FineTuneOptions.MaxSteps"/> was reached.</summary>
    MaxSteps,

    /// <summary>The validation loss had not improved for <see cref="FineTuneOptions.EarlyStoppingPatience"/> epochs.</summary>
    EarlyStopped,

    /// <summary>The loss became NaN or infinite after at least one validated epoch; the best weights were restored.</summary>
    Diverged,
}

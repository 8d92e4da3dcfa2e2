namespace MLNet.Dispersion;

/// <summary>The loss became NaN or infinite before any epoch had been validated, so there are no good weights to keep.</summary>
public sealed class TrainingDivergedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="step">The optimizer step, from 1.</param>
    /// <param name="message">What happened and what would cure it.</param>
    public TrainingDivergedException(int step, string message)
        : base(message) => Step = step;

    /// <summary>Gets the optimizer step at which it happened, from 1.</summary>
    public int Step { get; }
}

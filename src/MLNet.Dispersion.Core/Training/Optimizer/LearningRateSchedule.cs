namespace MLNet.Dispersion;

/// <summary>Linear warm-up from 0, then half a cosine down to 0: the published recipe's schedule.</summary>
/// <remarks>Immutable and thread-safe. Step 0 of a schedule with warm-up has learning rate 0, as in the reference.</remarks>
public sealed class LearningRateSchedule
{
    /// <summary>Creates the schedule.</summary>
    /// <param name="peak">The learning rate at the end of the warm-up. Above 0.</param>
    /// <param name="totalSteps">Optimizer steps in all. At least 1.</param>
    /// <param name="warmupRatio">The share of steps that warm up, 0..1; rounded up to whole steps.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public LearningRateSchedule(double peak, int totalSteps, double warmupRatio)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(peak);
        ArgumentOutOfRangeException.ThrowIfLessThan(totalSteps, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(warmupRatio);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(warmupRatio, 1);
        Peak = peak;
        TotalSteps = totalSteps;
        WarmupSteps = (int)Math.Ceiling(warmupRatio * totalSteps);
    }

    /// <summary>Gets the highest learning rate.</summary>
    public double Peak { get; }

    /// <summary>Gets the number of optimizer steps in all.</summary>
    public int TotalSteps { get; }

    /// <summary>Gets the number of steps in which the rate rises.</summary>
    public int WarmupSteps { get; }

    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">From 0; beyond the last step the rate is 0.</param>
    public double At(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (step < WarmupSteps)
        {
            return Peak * step / WarmupSteps;
        }

        if (step >= TotalSteps)
        {
            return 0;
        }

        double progress = (double)(step - WarmupSteps) / (TotalSteps - WarmupSteps);
        return Peak * 0.5 * (1 + Math.Cos(Math.PI * progress));
    }
}

namespace MLNet.Dispersion;

/// <summary>Says how a comparison stands after one of this process's trainings began or ended. Immutable and thread-safe.</summary>
public sealed record ComparisonProgress
{
    /// <summary>Gets the training's seed.</summary>
    public required int Seed { get; init; }

    /// <summary>Gets the training's fold, from 0.</summary>
    public required int Fold { get; init; }

    /// <summary>Gets whether the training has the dispersion loss.</summary>
    public required bool WithDispersion { get; init; }

    /// <summary>Gets whether it has ended.</summary>
    public required bool HasEnded { get; init; }

    /// <summary>Gets how many trainings have ended, those of other processes and of earlier runs included.</summary>
    public required int Finished { get; init; }

    /// <summary>Gets how many there are to be.</summary>
    public required int Total { get; init; }

    /// <summary>Gets the time since this process began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Gets an estimate of the time to the end; null before the first training ended.</summary>
    public required TimeSpan? Remaining { get; init; }
}

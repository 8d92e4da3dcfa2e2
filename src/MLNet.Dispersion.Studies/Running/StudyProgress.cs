namespace MLNet.Dispersion.Studies;

/// <summary>Says how a study stands after one of this worker's trials began or ended.</summary>
public sealed record StudyProgress
{
    /// <summary>Gets the trial.</summary>
    public required Trial Trial { get; init; }

    /// <summary>Gets the best completed trial so far, by the first objective; null while there is none.</summary>
    public required Trial? Best { get; init; }

    /// <summary>Gets how many trials have ended, other workers' included.</summary>
    public required int Finished { get; init; }

    /// <summary>Gets how many there may be; null for no limit.</summary>
    public required int? MaxTrials { get; init; }

    /// <summary>Gets the time since this worker began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Gets an estimate of the time to the end, from the trials that ended since this worker began; null before the first.</summary>
    public required TimeSpan? Remaining { get; init; }
}

namespace MLNet.Dispersion.Studies;

/// <summary>Is a worker's hold on a trial. The storage refuses whatever is written under a claim that another worker has taken over since.</summary>
public sealed record TrialClaim
{
    /// <summary>Gets the trial's number.</summary>
    public required int Number { get; init; }

    /// <summary>Gets which attempt this is, from 1; it tells this hold from earlier and later ones.</summary>
    public required int Attempt { get; init; }

    /// <summary>Gets the worker's name.</summary>
    public required string Worker { get; init; }

    /// <summary>Gets the trial as it was taken; its parameters are null when they are still to be drawn.</summary>
    public required Trial Trial { get; init; }
}

namespace MLNet.Dispersion.Studies;

/// <summary>A worker's hold on a trial. The storage refuses whatever is written under a claim that another worker has taken over since.</summary>
/// <param name="Number">The trial's number.</param>
/// <param name="Attempt">Which attempt this is, from 1; it tells this hold from earlier and later ones.</param>
/// <param name="Worker">The worker's name.</param>
/// <param name="Trial">The trial as it was taken; its parameters are null when they are still to be drawn.</param>
public sealed record TrialClaim(int Number, int Attempt, string Worker, Trial Trial);

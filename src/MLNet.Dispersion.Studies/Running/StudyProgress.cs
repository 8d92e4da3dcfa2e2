namespace MLNet.Dispersion.Studies;

/// <summary>How a study stands after one of this worker's trials began or ended.</summary>
/// <param name="Trial">The trial.</param>
/// <param name="Best">The best completed trial so far, by the first objective; null while there is none.</param>
/// <param name="Finished">Trials that have ended, other workers' included.</param>
/// <param name="MaxTrials">How many there may be; null for no limit.</param>
/// <param name="Elapsed">Time since this worker began.</param>
/// <param name="Remaining">An estimate of the time to the end, from the trials that ended since this worker began; null before the first.</param>
public sealed record StudyProgress(Trial Trial, Trial? Best, int Finished, int? MaxTrials, TimeSpan Elapsed, TimeSpan? Remaining);

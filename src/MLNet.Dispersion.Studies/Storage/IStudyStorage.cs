namespace MLNet.Dispersion.Studies;

/// <summary>
/// Keeps one study's trials where a crash cannot lose them and where several workers can share them. Each call is one transaction; all members may be called from
/// several threads. Times are the storage's own, so that workers' clocks need not agree. The caller disposes it.
/// </summary>
public interface IStudyStorage : IAsyncDisposable
{
    /// <summary>The study kept here.</summary>
    StudyDefinition Definition { get; }

    /// <summary>Adds a waiting trial with given values, unless one of its kind is there already (so that a resumed study does not ask twice).</summary>
    /// <param name="kind">What it is for, unique in the study; not <see cref="Trial.SampledKind"/>.</param>
    /// <param name="parameters">Its values.</param>
    /// <param name="cancellationToken">Stops waiting for the storage.</param>
    Task EnqueueAsync(string kind, ParameterSet parameters, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes a trial for a worker: one whose worker's heartbeat has lapsed, else a waiting one, else a new number while fewer than <paramref name="maxTrials"/> exist.
    /// </summary>
    /// <param name="worker">The worker's name, unique among workers.</param>
    /// <param name="maxTrials">How many trials the study may have in all.</param>
    /// <param name="lease">How long the hold lasts without a heartbeat.</param>
    /// <param name="cancellationToken">Stops waiting for the storage.</param>
    /// <returns>The hold; null when there is nothing to take now (others may still be running).</returns>
    Task<TrialClaim?> ClaimAsync(string worker, int maxTrials, TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>Writes down the values drawn for a claimed trial.</summary>
    /// <returns>False when the claim has been taken over.</returns>
    Task<bool> SetParametersAsync(TrialClaim claim, ParameterSet parameters, CancellationToken cancellationToken = default);

    /// <summary>Says that the worker lives, and extends the hold by <paramref name="lease"/> from now.</summary>
    /// <returns>False when the claim has been taken over: stop the work.</returns>
    Task<bool> HeartbeatAsync(TrialClaim claim, TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>Adds (or, for the same step, replaces) an intermediate value of the first objective.</summary>
    /// <returns>False when the claim has been taken over: stop the work.</returns>
    Task<bool> ReportAsync(TrialClaim claim, IntermediateValue value, CancellationToken cancellationToken = default);

    /// <summary>Ends a trial, with its notes, in one transaction.</summary>
    /// <returns>False when the claim has been taken over: the outcome is thrown away.</returns>
    Task<bool> FinishAsync(TrialClaim claim, TrialOutcome outcome, IReadOnlyDictionary<string, string> notes, CancellationToken cancellationToken = default);

    /// <summary>Gives a claimed trial back as waiting (a search that is cancelled); its intermediate values are removed.</summary>
    /// <returns>False when the claim has been taken over.</returns>
    Task<bool> ReleaseAsync(TrialClaim claim, CancellationToken cancellationToken = default);

    /// <summary>Removes a just created trial whose sampler has no further point; only the newest number can be removed, so that numbers keep no gaps.</summary>
    /// <returns>False when the claim has been taken over or a later number exists; the trial is then failed with that reason instead.</returns>
    Task<bool> WithdrawAsync(TrialClaim claim, CancellationToken cancellationToken = default);

    /// <summary>All trials, by number.</summary>
    Task<IReadOnlyList<Trial>> TrialsAsync(CancellationToken cancellationToken = default);
}

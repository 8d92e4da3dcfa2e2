using System.Globalization;

namespace MLNet.Dispersion.Studies;

/// <summary>A worker of a study: takes trials from its storage, runs them and writes down what came of them, until the study is complete. Any number of workers may share one study.</summary>
/// <remarks>
/// A trial whose worker died is taken over once its lease is over; no trial runs twice at the same time. A trial that throws, or whose value is not finite, is failed with its reason, and the study goes on.
/// In one process with one trial at a time the same seed gives the same trials. One run at a time; the storage stays the caller's.
/// </remarks>
public sealed class StudyRunner
{
    private readonly IStudyStorage _storage;
    private readonly ISampler _sampler;
    private readonly IPruner _pruner;

    /// <summary>Makes a worker.</summary>
    /// <param name="storage">The study.</param>
    /// <param name="sampler">Draws the trials' values.</param>
    /// <param name="pruner">Ends trials early; null for never.</param>
    public StudyRunner(IStudyStorage storage, ISampler sampler, IPruner? pruner = null)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(sampler);
        (_storage, _sampler, _pruner) = (storage, sampler, pruner ?? new NoPruning());
    }

    /// <summary>Runs trials until there are as many as asked for and all have ended, the time is up, or the sampler has no further point.</summary>
    /// <param name="objective">The trial's code. It returns the outcome; it may throw.</param>
    /// <param name="options">How far to run.</param>
    /// <param name="cancellationToken">Stops: running trials are given back, to be begun again by a later run.</param>
    /// <returns>All trials of the study, by number.</returns>
    /// <exception cref="InvalidOperationException">All trials failed; the message holds the first reason.</exception>
    /// <exception cref="StudyStorageException">The storage cannot be used any more.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async Task<IReadOnlyList<Trial>> RunAsync(Func<TrialContext, Task<TrialOutcome>> objective, StudyRunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (options.MaxTime is { } time)
        {
            stop.CancelAfter(time);
        }

        await new StudyRun(_storage, _sampler, _pruner, objective, options, stop).ExecuteAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<Trial> trials = await _storage.TrialsAsync(cancellationToken).ConfigureAwait(false);
        Trial[] finished = [.. trials.Where(trial => trial.IsFinished)];
        if (finished.Length > 0 && Array.TrueForAll(finished, trial => trial.State == TrialState.Failed))
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"All {finished.Length} trials failed. The first, number {finished[0].Number} with {finished[0].Parameters?.ToJson() ?? "no values"}: {finished[0].FailureReason}"));
        }

        return trials;
    }
}

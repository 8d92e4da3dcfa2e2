using System.Diagnostics;
using System.Globalization;
using MLNet.Dispersion.Studies.Pruning;
using MLNet.Dispersion.Studies.Sampling;
using MLNet.Dispersion.Studies.Spaces;
using MLNet.Dispersion.Studies.Storage;
using MLNet.Dispersion.Studies.Trials;

namespace MLNet.Dispersion.Studies.Running;

/// <summary>A worker of a study: takes trials from its storage, runs them and writes down what came of them, until the study is complete. Any number of workers may share one study.</summary>
/// <remarks>
/// A trial whose worker died is taken over once its lease is over; no trial runs twice at the same time. A trial that throws, or whose value is not finite, is failed with its reason, and the study goes on.
/// In one process with one trial at a time the same seed gives the same trials. One run at a time; the storage stays the caller's.
/// </remarks>
public sealed class StudyRunner
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(10);
    private readonly IStudyStorage _storage;
    private readonly SearchSpace _space;
    private readonly ISampler _sampler;
    private readonly IPruner _pruner;

    /// <summary>A worker.</summary>
    /// <param name="storage">The study.</param>
    /// <param name="sampler">Draws the trials' values.</param>
    /// <param name="pruner">Ends trials early; null for never.</param>
    public StudyRunner(IStudyStorage storage, ISampler sampler, IPruner? pruner = null)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(sampler);
        (_storage, _space, _sampler, _pruner) = (storage, storage.Definition.Space, sampler, pruner ?? new NoPruning());
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

        var run = new Run(this, objective, options, stop);
        await run.ExecuteAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<Trial> trials = await _storage.TrialsAsync(cancellationToken).ConfigureAwait(false);
        Trial[] finished = [.. trials.Where(trial => trial.IsFinished)];
        if (finished.Length > 0 && Array.TrueForAll(finished, trial => trial.State == TrialState.Failed))
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"All {finished.Length} trials failed. The first, number {finished[0].Number} with {finished[0].Parameters?.ToJson() ?? "no values"}: {finished[0].FailureReason}"));
        }

        return trials;
    }

    /// <summary>One call of <see cref="RunAsync"/>.</summary>
    private sealed class Run(StudyRunner owner, Func<TrialContext, Task<TrialOutcome>> objective, StudyRunOptions options, CancellationTokenSource stop)
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly string _worker = options.WorkerName ?? $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}";
        private readonly IStudyStorage _storage = owner._storage;
        private volatile bool _exhausted;
        private int _ended;

        internal async Task ExecuteAsync()
        {
            Task[] slots = [.. Enumerable.Range(0, options.MaxParallelTrials).Select(slot => Task.Run(() => WorkAsync($"{_worker}/{slot}"), CancellationToken.None))];
            try
            {
                await Task.WhenAll(slots).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Trials were given back.
            }
        }

        private async Task WorkAsync(string worker)
        {
            try
            {
                while (await NextAsync(worker).ConfigureAwait(false) is var (claim, asked))
                {
                    await RunTrialAsync(claim, asked).ConfigureAwait(false);
                }
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // The storage, the sampler, the pruner or the monitor: the other slots would meet the same.
                await stop.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }

        /// <summary>The next trial; null when the study is complete. Waits while others run what is left, since one of them may die.</summary>
        private async Task<(TrialClaim Claim, long Asked)?> NextAsync(string worker)
        {
            while (true)
            {
                stop.Token.ThrowIfCancellationRequested();
                if (_exhausted && await AllFinishedAsync().ConfigureAwait(false))
                {
                    return null;
                }

                int limit = _exhausted ? 1 : options.MaxTrials ?? int.MaxValue;
                long asked = Stopwatch.GetTimestamp();
                if (await _storage.ClaimAsync(worker, limit, options.Lease, stop.Token).ConfigureAwait(false) is { } claim)
                {
                    return (claim, asked);
                }

                if (await AllFinishedAsync().ConfigureAwait(false))
                {
                    return null;
                }

                TimeSpan wait = options.Lease / 4;
                await Task.Delay(wait < LongestWait ? wait : LongestWait, stop.Token).ConfigureAwait(false);
            }
        }

        private async Task<bool> AllFinishedAsync() => (await _storage.TrialsAsync(stop.Token).ConfigureAwait(false)).All(trial => trial.IsFinished);

        private async Task RunTrialAsync(TrialClaim claim, long asked)
        {
            await using var hold = new TrialHold(_storage, claim, options.Lease, asked, stop.Token);
            try
            {
                await RunHeldAsync(claim, hold).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (hold.IsLost)
            {
                // Another worker's by now.
            }
            catch (Exception error) when (error is not StudyStorageException)
            {
                await ReleaseAsync(claim).ConfigureAwait(false);
                throw;
            }
        }

        /// <summary>Gives a trial back, as far as the storage can be reached soon: the user waits for the search to stop, and the lease ends by itself.</summary>
        private async Task ReleaseAsync(TrialClaim claim)
        {
            using var timeout = new CancellationTokenSource(options.Lease < LongestFarewell ? options.Lease : LongestFarewell);
            try
            {
                await _storage.ReleaseAsync(claim, timeout.Token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is OperationCanceledException or StudyStorageException)
            {
                // It is taken over when its lease is over.
            }
        }

        private async Task RunHeldAsync(TrialClaim claim, TrialHold hold)
        {
            Trial? trial = claim.Trial.Parameters is null ? await DrawAsync(claim, hold).ConfigureAwait(false) : claim.Trial;
            if (trial is null)
            {
                return;
            }

            await TellAsync(trial.Number).ConfigureAwait(false);
            var context = new TrialContext(trial, value => ReportAsync(claim, hold, value), hold.Stop);
            TrialOutcome? outcome = await OutcomeAsync(context, hold).ConfigureAwait(false);
            if (outcome is null)
            {
                if (!hold.IsLost)
                {
                    await ReleaseAsync(claim).ConfigureAwait(false);
                }

                return;
            }

            if (await _storage.FinishAsync(claim, outcome, new Dictionary<string, string>(context.Notes), CancellationToken.None).ConfigureAwait(false))
            {
                Interlocked.Increment(ref _ended);
                await TellAsync(trial.Number).ConfigureAwait(false);
            }
        }

        /// <summary>Draws the values of a new trial; null when there are none to draw, or the trial is no longer ours.</summary>
        private async Task<Trial?> DrawAsync(TrialClaim claim, TrialHold hold)
        {
            StudyDefinition definition = _storage.Definition;
            IReadOnlyList<Trial> history = await _storage.TrialsAsync(hold.Stop).ConfigureAwait(false);
            if (owner._sampler.Sample(owner._space, definition.Objectives, history, claim.Number, definition.Seed) is not { } parameters)
            {
                _exhausted = true;
                await _storage.WithdrawAsync(claim, hold.Stop).ConfigureAwait(false);
                return null;
            }

            return await _storage.SetParametersAsync(claim, parameters, hold.Stop).ConfigureAwait(false) ? claim.Trial with { Parameters = parameters } : null;
        }

        private async Task<bool> ReportAsync(TrialClaim claim, TrialHold hold, IntermediateValue value)
        {
            if (!await _storage.ReportAsync(claim, value, hold.Stop).ConfigureAwait(false))
            {
                hold.Lose();
                hold.Stop.ThrowIfCancellationRequested();
            }

            if (claim.Trial.Kind != Trial.SampledKind)
            {
                return false;
            }

            IReadOnlyList<Trial> history = await _storage.TrialsAsync(hold.Stop).ConfigureAwait(false);
            return owner._pruner.ShouldPrune(_storage.Definition.Objectives[0], history.First(trial => trial.Number == claim.Number), history);
        }

        /// <summary>Runs the trial's code; null when it was stopped.</summary>
        private async Task<TrialOutcome?> OutcomeAsync(TrialContext context, TrialHold hold)
        {
            try
            {
                // Training holds its thread for long: one of its own leaves the pool to the heartbeat.
                Task<Task<TrialOutcome>> started = Task.Factory.StartNew(() => objective(context), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                TrialOutcome outcome = await started.Unwrap().ConfigureAwait(false) ?? TrialOutcome.Failed("The trial's code returned null.");
                int expected = _storage.Definition.Objectives.Count;
                return outcome.State != TrialState.Completed || outcome.Values.Count == expected
                    ? outcome
                    : TrialOutcome.Failed(string.Create(CultureInfo.InvariantCulture, $"The trial's code returned {outcome.Values.Count} values; the study has {expected} objectives."));
            }
            catch (OperationCanceledException) when (hold.Stop.IsCancellationRequested)
            {
                return null;
            }
            catch (StudyStorageException)
            {
                throw;
            }
#pragma warning disable CA1031 // Whatever a trial throws fails that trial, not the search.
            catch (Exception error)
#pragma warning restore CA1031
            {
                return TrialOutcome.Failed($"{error.GetType().Name}: {error.Message}");
            }
        }

        private async Task TellAsync(int number)
        {
            if (options.Monitor is not { } monitor)
            {
                return;
            }

            IReadOnlyList<Trial> trials = await _storage.TrialsAsync(CancellationToken.None).ConfigureAwait(false);
            int finished = trials.Count(trial => trial.IsFinished);
            TimeSpan elapsed = _clock.Elapsed;
            monitor.Report(new StudyProgress(trials.First(trial => trial.Number == number), ParetoFront.Of(trials, _storage.Definition.Objectives) is [var best, ..] ? best : null, finished, options.MaxTrials, elapsed, Remaining(finished, elapsed)));
        }

        private TimeSpan? Remaining(int finished, TimeSpan elapsed)
        {
            TimeSpan? byTrials = _ended > 0 && options.MaxTrials is { } limit ? elapsed / _ended * Math.Max(0, limit - finished) : null;
            TimeSpan? byTime = options.MaxTime - elapsed;
            return byTrials is null || byTime < byTrials ? byTime : byTrials;
        }
    }
}

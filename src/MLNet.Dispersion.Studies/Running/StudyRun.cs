using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Studies;

/// <summary>One call of <see cref="StudyRunner.RunAsync"/>.</summary>
internal sealed class StudyRun(IStudyStorage storage, ISampler sampler, IPruner pruner, Func<TrialContext, Task<TrialOutcome>> objective, StudyRunOptions options, CancellationTokenSource stop)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SilentWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(10);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly string _worker = options.WorkerName ?? $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}";
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
        long begun = Stopwatch.GetTimestamp();
        bool told = false;
        while (true)
        {
            stop.Token.ThrowIfCancellationRequested();
            if (_exhausted && await AllFinishedAsync().ConfigureAwait(false))
            {
                return null;
            }

            int limit = _exhausted ? 1 : options.MaxTrials ?? int.MaxValue;
            long asked = Stopwatch.GetTimestamp();
            if (await AskAsync(storage.ClaimAsync(worker, limit, options.Lease, stop.Token)).ConfigureAwait(false) is { } claim)
            {
                return (claim, asked);
            }

            Trial[] open = [.. (await AskAsync(storage.TrialsAsync(stop.Token)).ConfigureAwait(false)).Where(trial => !trial.IsFinished)];
            if (open.Length == 0)
            {
                return null;
            }

            if (!told && Stopwatch.GetElapsedTime(begun) > SilentWait)
            {
                told = true;
                options.Waiting?.Invoke($"Waiting for {string.Join(", ", open.Select(trial => string.Create(CultureInfo.InvariantCulture, $"trial {trial.Number} ({trial.Worker})")))}: other workers hold what is left. Where one of them died, its trial is taken over once it has given no sign of life for the length of its lease.");
            }

            TimeSpan wait = options.Lease / 4;
            await Task.Delay(wait < LongestWait ? wait : LongestWait, stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Asks the storage for something, and says so when it has not answered for some time.</summary>
    private async Task<T> AskAsync<T>(Task<T> answer)
    {
        await using var word = new Timer(
            _ => options.Waiting?.Invoke(string.Create(CultureInfo.InvariantCulture, $"The study's storage has not answered for {SilentWait.TotalSeconds:0} seconds: another program may hold it, or its server may be away. It is asked on.")),
            null,
            SilentWait,
            Timeout.InfiniteTimeSpan);
        return await answer.ConfigureAwait(false);
    }

    private async Task<bool> AllFinishedAsync() => (await storage.TrialsAsync(stop.Token).ConfigureAwait(false)).All(trial => trial.IsFinished);

    private async Task RunTrialAsync(TrialClaim claim, long asked)
    {
        await using var hold = new TrialHold(storage, claim, options.Lease, asked, stop.Token);
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
            await storage.ReleaseAsync(claim, timeout.Token).ConfigureAwait(false);
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

        if (await AskAsync(storage.FinishAsync(claim, outcome, new Dictionary<string, string>(context.Notes), CancellationToken.None)).ConfigureAwait(false))
        {
            Interlocked.Increment(ref _ended);
            await TellAsync(trial.Number).ConfigureAwait(false);
        }
    }

    /// <summary>Draws the values of a new trial; null when there are none to draw, or the trial is no longer ours.</summary>
    private async Task<Trial?> DrawAsync(TrialClaim claim, TrialHold hold)
    {
        StudyDefinition definition = storage.Definition;
        IReadOnlyList<Trial> history = await AskAsync(storage.TrialsAsync(hold.Stop)).ConfigureAwait(false);
        if (sampler.Sample(definition.Space, definition.Objectives, history, claim.Number, definition.Seed) is not { } parameters)
        {
            _exhausted = true;
            await storage.WithdrawAsync(claim, hold.Stop).ConfigureAwait(false);
            return null;
        }

        return await AskAsync(storage.SetParametersAsync(claim, parameters, hold.Stop)).ConfigureAwait(false) ? claim.Trial with { Parameters = parameters } : null;
    }

    private async Task<bool> ReportAsync(TrialClaim claim, TrialHold hold, IntermediateValue value)
    {
        if (!await AskAsync(storage.ReportAsync(claim, value, hold.Stop)).ConfigureAwait(false))
        {
            hold.Lose();
            hold.Stop.ThrowIfCancellationRequested();
        }

        if (claim.Trial.Kind != Trial.SampledKind)
        {
            return false;
        }

        IReadOnlyList<Trial> history = await storage.TrialsAsync(hold.Stop).ConfigureAwait(false);
        return pruner.ShouldPrune(storage.Definition.Objectives[0], history.First(trial => trial.Number == claim.Number), history);
    }

    /// <summary>Runs the trial's code; null when it was stopped.</summary>
    private async Task<TrialOutcome?> OutcomeAsync(TrialContext context, TrialHold hold)
    {
        try
        {
            // Training holds its thread for long: one of its own leaves the pool to the heartbeat.
            Task<Task<TrialOutcome>> started = Task.Factory.StartNew(() => objective(context), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            TrialOutcome outcome = await started.Unwrap().ConfigureAwait(false) ?? TrialOutcome.Failed("The trial's code returned null.");
            int expected = storage.Definition.Objectives.Count;
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

        IReadOnlyList<Trial> trials = await storage.TrialsAsync(CancellationToken.None).ConfigureAwait(false);
        int finished = trials.Count(trial => trial.IsFinished);
        TimeSpan elapsed = _clock.Elapsed;
        monitor.Report(new StudyProgress
        {
            Trial = trials.First(trial => trial.Number == number),
            Best = ParetoFront.Of(trials, storage.Definition.Objectives) is [var best, ..] ? best : null,
            Finished = finished,
            MaxTrials = options.MaxTrials,
            Elapsed = elapsed,
            Remaining = Remaining(finished, elapsed),
        });
    }

    private TimeSpan? Remaining(int finished, TimeSpan elapsed)
    {
        TimeSpan? byTrials = _ended > 0 && options.MaxTrials is { } limit ? elapsed / _ended * Math.Max(0, limit - finished) : null;
        TimeSpan? byTime = options.MaxTime - elapsed;
        return byTrials is null || byTime < byTrials ? byTime : byTrials;
    }
}

/// <summary>Keeps a claim alive while the trial runs. When the storage says that it is lost, or cannot be asked for most of the lease, the trial is told to stop: before another worker could begin it.</summary>
internal sealed class TrialHold : IAsyncDisposable
{
    /// <summary>The part of the lease after which the trial is stopped, so that it has stopped when the lease ends.</summary>
    private const double SafePart = 0.75;
    private readonly IStudyStorage _storage;
    private readonly TrialClaim _claim;
    private readonly TimeSpan _lease;
    private readonly CancellationTokenSource _stopTrial;
    private readonly CancellationTokenSource _stopBeating = new();
    private volatile bool _isLost;
    private readonly Timer _guard;
    private readonly Task _beating;

    /// <summary>Holds a claim.</summary>
    /// <param name="storage">The study.</param>
    /// <param name="claim">The claim.</param>
    /// <param name="lease">How long it lasts without a sign of life.</param>
    /// <param name="asked">When the claim was asked for, by <see cref="Stopwatch"/>: its lease began no earlier.</param>
    /// <param name="cancellationToken">Stops the trial, too.</param>
    internal TrialHold(IStudyStorage storage, TrialClaim claim, TimeSpan lease, long asked, CancellationToken cancellationToken)
    {
        (_storage, _claim, _lease) = (storage, claim, lease);
        _stopTrial = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _guard = new Timer(_ => Lose(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        // Where the storage took long to grant it, much of the lease may be gone: then a sign of life comes first.
        TimeSpan waited = Stopwatch.GetElapsedTime(asked);
        bool late = waited > lease / 4;
        Guard(late ? Stopwatch.GetTimestamp() : asked);
        _beating = Task.Run(() => BeatAsync(late), CancellationToken.None);
    }

    /// <summary>Fires when the trial must stop.</summary>
    internal CancellationToken Stop => _stopTrial.Token;

    /// <summary>Whether the trial may be another worker's by now.</summary>
    internal bool IsLost => _isLost;

    /// <summary>Ends the trial as no longer this worker's.</summary>
    internal void Lose()
    {
        _isLost = true;
        try
        {
            _stopTrial.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The trial ended in the same moment.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopBeating.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
        await _guard.DisposeAsync().ConfigureAwait(false);
        _stopBeating.Dispose();
        _stopTrial.Dispose();
    }

    /// <summary>Stops the trial in good time before a lease that began at a moment ends, whatever the storage's call is doing then.</summary>
    private void Guard(long begun)
    {
        TimeSpan left = (_lease * SafePart) - Stopwatch.GetElapsedTime(begun);
        _guard.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private async Task BeatAsync(bool atOnce)
    {
        try
        {
            while (true)
            {
                if (!atOnce)
                {
                    await Task.Delay(_lease / 4, _stopBeating.Token).ConfigureAwait(false);
                }

                atOnce = false;
                if (!await BeatOnceAsync().ConfigureAwait(false))
                {
                    Lose();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The trial has ended.
        }
    }

    /// <summary>Says that the worker lives; false when the hold is lost. Where the storage cannot be used, the next beat may succeed, and the guard stops the trial otherwise.</summary>
    private async Task<bool> BeatOnceAsync()
    {
        long begun = Stopwatch.GetTimestamp();
        try
        {
            if (!await _storage.HeartbeatAsync(_claim, _lease, _stopBeating.Token).ConfigureAwait(false))
            {
                return false;
            }

            Guard(begun);
        }
        catch (StudyStorageException)
        {
            // Asked again at the next beat.
        }

        return true;
    }
}

using System.Diagnostics;

namespace MLNet.Dispersion.Studies;

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

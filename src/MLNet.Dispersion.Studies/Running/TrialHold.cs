using MLNet.Dispersion.Studies.Storage;

namespace MLNet.Dispersion.Studies.Running;

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
    private readonly Task _beating;

    internal TrialHold(IStudyStorage storage, TrialClaim claim, TimeSpan lease, CancellationToken cancellationToken)
    {
        (_storage, _claim, _lease) = (storage, claim, lease);
        _stopTrial = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _beating = Task.Run(BeatAsync, CancellationToken.None);
    }

    /// <summary>Fires when the trial must stop.</summary>
    internal CancellationToken Stop => _stopTrial.Token;

    /// <summary>Whether the trial may be another worker's by now.</summary>
    internal bool IsLost { get; private set; }

    /// <summary>Ends the trial as no longer this worker's.</summary>
    internal void Lose()
    {
        IsLost = true;
        _stopTrial.Cancel();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopBeating.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
        _stopBeating.Dispose();
        _stopTrial.Dispose();
    }

    private async Task BeatAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(_lease / 4, _stopBeating.Token).ConfigureAwait(false);
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

    /// <summary>Says that the worker lives; false when the hold is lost or no answer came in time.</summary>
    private async Task<bool> BeatOnceAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stopBeating.Token);
        timeout.CancelAfter(_lease * (SafePart - 0.25));
        try
        {
            return await _storage.HeartbeatAsync(_claim, _lease, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StudyStorageException || (error is OperationCanceledException && !_stopBeating.IsCancellationRequested))
        {
            return false;
        }
    }
}

using System.Data.Common;
using Polly;
using Polly.Retry;

namespace MLNet.Dispersion.Studies.Storage;

/// <summary>Runs transactions one after the other on one connection, which is made anew when it broke; tries again, with growing pauses, what may succeed then.</summary>
internal sealed class SqlTransactions : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private readonly SqlDialect _dialect;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ResiliencePipeline _retry;
    private readonly TimeSpan _patience;
    private DbConnection? _connection;
    private bool _disposed;

    /// <summary>Transactions on a database.</summary>
    /// <param name="dialect">The database.</param>
    /// <param name="patience">How long a transaction is tried again.</param>
    internal SqlTransactions(SqlDialect dialect, TimeSpan patience)
    {
        (_dialect, _patience) = (dialect, patience);
        _retry = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } error && dialect.IsTransient(error)),
            BackoffType = DelayBackoffType.Exponential,
            Delay = FirstPause,
            MaxDelay = LongestPause,
            MaxRetryAttempts = Attempts(patience),
            UseJitter = true,
        }).Build();
    }

    /// <summary>Runs a transaction; it may run more than once, and each time all of it or nothing.</summary>
    /// <exception cref="StudyStorageException">It did not succeed within the time allowed, or cannot.</exception>
    internal async Task<T> RunAsync<T>(Func<SqlSession, Task<T>> body, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, nameof(IStudyStorage));
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await _retry.ExecuteAsync(async token => await OnceAsync(body, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (DbException error)
        {
            string tried = _dialect.IsTransient(error) ? $" It was tried again for {_patience.TotalSeconds:0} seconds." : "";
            throw new StudyStorageException($"The study in {_dialect.Place} cannot be used: {error.Message.TrimEnd('.')}.{tried} {_dialect.Cure(error)} What was written before is still there.", error);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        await DropAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private async Task<T> OnceAsync<T>(Func<SqlSession, Task<T>> body, CancellationToken cancellationToken)
    {
        try
        {
            _connection ??= await _dialect.ConnectAsync(cancellationToken).ConfigureAwait(false);
            await using DbTransaction transaction = await _dialect.BeginAsync(_connection, cancellationToken).ConfigureAwait(false);
            T result = await body(new SqlSession(_connection, transaction, cancellationToken)).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return result;
        }
        catch (DbException)
        {
            // Whatever is wrong with it, the next attempt has a new one.
            await DropAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task DropAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>How many pauses, each twice the one before up to the longest, last that long.</summary>
    private static int Attempts(TimeSpan patience)
    {
        int attempts = 1;
        TimeSpan total = FirstPause;
        for (TimeSpan pause = FirstPause; total < patience; attempts++)
        {
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            total += pause;
        }

        return attempts;
    }
}

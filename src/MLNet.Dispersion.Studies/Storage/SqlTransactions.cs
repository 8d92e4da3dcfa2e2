using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Polly;
using Polly.Retry;

namespace MLNet.Dispersion.Studies;

/// <summary>Runs transactions one after the other on one connection, which is made anew when it broke; tries again, with growing pauses, what may succeed then.</summary>
internal sealed class SqlTransactions : IAsyncDisposable
{
    private static readonly ResiliencePropertyKey<long> Begun = new("begun");
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
            // The attempts themselves take time, too (a host that does not answer, a file that is held): patience is measured by the clock.
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } error && dialect.IsTransient(error)
                && Stopwatch.GetElapsedTime(arguments.Context.Properties.GetValue(Begun, 0)) < patience),
            BackoffType = DelayBackoffType.Exponential,
            Delay = FirstPause,
            MaxDelay = LongestPause,
            MaxRetryAttempts = int.MaxValue,
            UseJitter = true,
        }).Build();
    }

    /// <summary>Runs a transaction; it may run more than once, and each time all of it or nothing.</summary>
    /// <exception cref="StudyStorageException">It did not succeed within the time allowed, or cannot.</exception>
    internal async Task<T> RunAsync<T>(Func<SqlSession, Task<T>> body, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, nameof(IStudyStorage));
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(Begun, Stopwatch.GetTimestamp());
        try
        {
            return await _retry.ExecuteAsync(async attempt => await OnceAsync(body, attempt.CancellationToken).ConfigureAwait(false), context).ConfigureAwait(false);
        }
        catch (DbException error)
        {
            string tried = _dialect.IsTransient(error) ? string.Create(CultureInfo.InvariantCulture, $" It was tried again for {_patience.TotalSeconds:0.#} seconds.") : "";
            throw new StudyStorageException($"The study in {_dialect.Place} cannot be used: {error.Message.TrimEnd('.')}.{tried} {_dialect.Cure(error)} What was written before is still there.", error);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
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

            // Not to be cancelled half-way: whether it took effect must be known.
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
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
}

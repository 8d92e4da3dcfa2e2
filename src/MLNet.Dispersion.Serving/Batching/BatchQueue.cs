using System.Diagnostics;

namespace MLNet.Dispersion.Serving;

/// <summary>A bounded queue of rows before a pool of engines, each of which computes the rows of several requests in one pass. Thread-safe.</summary>
/// <remarks>
/// An engine is a thread of its own: the native library keeps its helpers by thread. Where a pass fails, each of its requests is computed by itself, so that one bad request costs the others nothing but time.
/// Disposing waits until what was accepted is computed.
/// </remarks>
/// <typeparam name="TRow">What is computed.</typeparam>
/// <typeparam name="TResult">What comes out.</typeparam>
internal sealed class BatchQueue<TRow, TResult> : IDisposable
{
    private readonly object _gate = new();
    private readonly Queue<Request> _requests = new();
    private readonly BatchSettings _settings;
    private readonly Func<IReadOnlyList<TRow>, IReadOnlyList<TResult>> _compute;
    private readonly ServingMetrics _metrics;
    private readonly Thread[] _engines;
    private int _waiting;
    private int _free;
    private double _secondsARow;
    private bool _closed;

    /// <param name="settings">How it gathers.</param>
    /// <param name="compute">Computes rows, in their order; called by several threads.</param>
    /// <param name="metrics">Told of every pass.</param>
    internal BatchQueue(BatchSettings settings, Func<IReadOnlyList<TRow>, IReadOnlyList<TResult>> compute, ServingMetrics metrics)
    {
        (_settings, _compute, _metrics) = (settings, compute, metrics);
        metrics.ObserveQueue(settings.Name, () => Waiting);
        _engines = [.. Enumerable.Range(1, settings.Engines).Select(i => new Thread(Run) { IsBackground = true, Name = $"{settings.Name} engine {i}" })];
        foreach (Thread engine in _engines)
        {
            engine.Start();
        }
    }

    /// <summary>The rows that wait.</summary>
    internal int Waiting => Volatile.Read(ref _waiting);

    /// <summary>How it gathers.</summary>
    internal BatchSettings Settings => _settings;

    /// <summary>How long the rows that wait will take, from 1 to 60 seconds.</summary>
    internal int RetryAfterSeconds => (int)Math.Clamp(Math.Ceiling(Waiting * Volatile.Read(ref _secondsARow) / _settings.Engines), 1, 60);

    /// <summary>Accepts a request's rows, all or none.</summary>
    /// <param name="rows">The rows, at least one.</param>
    /// <param name="cancel">Takes the request back as long as it waits.</param>
    /// <returns>The results, in the rows' order; null where the queue is full or closed.</returns>
    internal Task<IReadOnlyList<TResult>>? TryEnter(IReadOnlyList<TRow> rows, CancellationToken cancel)
    {
        var request = new Request(rows, cancel);
        lock (_gate)
        {
            if (_closed || _waiting + rows.Count > _settings.MaxWaiting)
            {
                return null;
            }

            _waiting += rows.Count;
            _requests.Enqueue(request);
            Monitor.PulseAll(_gate);
        }

        return request.Done.Task;
    }

    /// <summary>Accepts nothing more.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        foreach (Thread engine in _engines)
        {
            engine.Join();
        }
    }

    private void Run()
    {
        while (Gather() is { } batch)
        {
            Compute(batch);
        }
    }

    /// <summary>The next requests to compute; null at the end.</summary>
    private List<Request>? Gather()
    {
        lock (_gate)
        {
            _free++;
            while (true)
            {
                while (_requests.Count == 0)
                {
                    if (_closed)
                    {
                        return null;
                    }

                    Monitor.Wait(_gate);
                }

                // The last free engine waits for company; where others are free too, rows that shared a pass would leave those without work. Another engine may take the rows meanwhile.
                TimeSpan left = _settings.MaxDelay - _requests.Peek().Waited;
                if (_free == 1 && left > TimeSpan.Zero && _waiting < _settings.MaxRows && !_closed)
                {
                    Monitor.Wait(_gate, left);
                    continue;
                }

                if (Take(Math.Min(_settings.MaxRows, (_waiting + _free - 1) / _free)) is { Count: > 0 } batch)
                {
                    _free--;
                    return batch;
                }
            }
        }
    }

    /// <summary>Takes requests of so many rows in all, at least one request.</summary>
    private List<Request> Take(int most)
    {
        var batch = new List<Request>();
        int rows = 0;
        while (_requests.TryPeek(out Request? next) && (rows == 0 || rows + next.Rows.Count <= most))
        {
            _requests.Dequeue();
            _waiting -= next.Rows.Count;
            if (next.Cancel.IsCancellationRequested)
            {
                next.Done.TrySetCanceled(next.Cancel);
                continue;
            }

            rows += next.Rows.Count;
            batch.Add(next);
        }

        return batch;
    }

    private void Compute(List<Request> batch)
    {
        foreach (Request request in batch)
        {
            _metrics.Waited(_settings.Name, request.Waited);
        }

        try
        {
            IReadOnlyList<TResult> results = Compute([.. batch.SelectMany(request => request.Rows)], batch);
            int first = 0;
            foreach (Request request in batch)
            {
                request.Done.TrySetResult([.. results.Skip(first).Take(request.Rows.Count)]);
                first += request.Rows.Count;
            }
        }
        catch (Exception) when (batch.Count > 1)
        {
            batch.ForEach(request => Compute([request]));
        }
        catch (OperationCanceledException e)
        {
            batch[0].Done.TrySetCanceled(e.CancellationToken);
        }
        catch (Exception e)
        {
            batch[0].Done.TrySetException(e);
        }
    }

    private IReadOnlyList<TResult> Compute(TRow[] rows, List<Request> batch)
    {
        using Activity? activity = ServingMetrics.Activities.StartActivity("dispersion.batch", ActivityKind.Internal, default(ActivityContext), links: batch.Where(request => request.Caller != default).Select(request => new ActivityLink(request.Caller)));
        activity?.SetTag("dispersion.queue", _settings.Name).SetTag("dispersion.rows", rows.Length).SetTag("dispersion.requests", batch.Count);
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<TResult> results = _compute(rows);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        if (results.Count != rows.Length)
        {
            throw new InvalidOperationException($"A pass gave {results.Count} results for {rows.Length} rows.");
        }

        _metrics.Computed(_settings.Name, rows.Length, took);
        double before = Volatile.Read(ref _secondsARow);
        Volatile.Write(ref _secondsARow, before == 0 ? took.TotalSeconds / rows.Length : (0.9 * before) + (0.1 * took.TotalSeconds / rows.Length));
        return results;
    }

    /// <summary>The rows of one request.</summary>
    private sealed class Request(IReadOnlyList<TRow> rows, CancellationToken cancel)
    {
        private readonly long _entered = Stopwatch.GetTimestamp();

        internal IReadOnlyList<TRow> Rows => rows;

        internal CancellationToken Cancel => cancel;

        internal ActivityContext Caller { get; } = Activity.Current?.Context ?? default;

        internal TaskCompletionSource<IReadOnlyList<TResult>> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal TimeSpan Waited => Stopwatch.GetElapsedTime(_entered);
    }
}

namespace MLNet.Dispersion.Tests.Training.Distributed;

/// <summary>Ranks that are threads of one process: what they do together goes through an array.</summary>
internal sealed class MemoryRanks : IDisposable
{
    private readonly Barrier _barrier;
    private readonly CancellationTokenSource _failed = new();
    private readonly Array[] _values;
    private DistributedTrainingException? _loss;

    private MemoryRanks(int count) => (_barrier, _values) = (new Barrier(count), new Array[count]);

    /// <summary>Runs something on each of some ranks, and gives what each came to: its result, or what it threw.</summary>
    public static (T? Result, Exception? Error)[] Run<T>(int count, Func<ICollective, T> body)
    {
        using var ranks = new MemoryRanks(count);
        var results = new (T?, Exception?)[count];
        Thread[] threads = [.. Enumerable.Range(0, count).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = (body(new Member(ranks, rank)), null);
            }
            catch (Exception e)
            {
                results[rank] = (default, e);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return results;
    }

    public void Dispose()
    {
        _barrier.Dispose();
        _failed.Dispose();
    }

    private T[][] All<T>(int rank, T[] own)
    {
        _values[rank] = own;
        Meet();
        T[][] all = [.. _values.Select(values => (T[])values)];
        Meet();
        return all;
    }

    private void Meet()
    {
        try
        {
            _barrier.SignalAndWait(_failed.Token);
        }
        catch (OperationCanceledException)
        {
            throw new DistributedTrainingException(_loss!.Rank, _loss.Message);
        }
    }

    private sealed class Member(MemoryRanks ranks, int rank) : ICollective
    {
        public int Rank => rank;

        public int Count => ranks._values.Length;

        public void Sum(Span<float> values)
        {
            float[][] all = ranks.All(rank, values.ToArray());
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = all.Sum(own => own[i]);
            }
        }

        public double[][] Gather(ReadOnlySpan<double> values) => ranks.All(rank, values.ToArray());

        public byte[] FromFirst(byte[] value) => ranks.All(rank, value)[0];

        public void Fail(Exception reason)
        {
            Interlocked.CompareExchange(ref ranks._loss, new DistributedTrainingException(rank, $"Rank {rank} failed: {reason.Message}"), null);
            ranks._failed.Cancel();
        }
    }
}

using System.Collections.Concurrent;

namespace MLNet.Dispersion;

/// <summary>Prepares items on another thread while earlier ones are used.</summary>
internal static class Prefetch
{
    /// <summary>The source's items in their order, read ahead on another thread. An exception of the source appears where its item would; leaving the loop early stops the other thread.</summary>
    /// <param name="source">Enumerated by one other thread.</param>
    /// <param name="capacity">Items that may wait, at least 1.</param>
    internal static IEnumerable<T> Ahead<T>(IEnumerable<T> source, int capacity)
    {
        using var items = new BlockingCollection<T>(capacity);
        using var stop = new CancellationTokenSource();
        Task producer = Task.Run(() => Fill(source, items, stop.Token));
        try
        {
            foreach (T item in items.GetConsumingEnumerable())
            {
                yield return item;
            }

            producer.GetAwaiter().GetResult();
        }
        finally
        {
            stop.Cancel();
            ((IAsyncResult)producer).AsyncWaitHandle.WaitOne();
        }
    }

    private static void Fill<T>(IEnumerable<T> source, BlockingCollection<T> items, CancellationToken stop)
    {
        try
        {
            foreach (T item in source)
            {
                items.Add(item, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The consumer has left.
        }
        finally
        {
            items.CompleteAdding();
        }
    }
}

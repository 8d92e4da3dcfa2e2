using System.Collections.Concurrent;
using System.Diagnostics;

namespace MLNet.Dispersion.Reliability.Soak;

/// <summary>Threads that draw their next work at random until the time is over, and what the process holds meanwhile.</summary>
internal static class MixedWork
{
    private const int Samples = 180, RowsShown = 18, ErrorsShown = 5;

    /// <summary>Works for so long; 1 where a piece of work failed, or anything grew.</summary>
    internal static int Run(TimeSpan time, int threads)
    {
        using var work = new Work();
        var done = new ConcurrentDictionary<string, int>();
        var errors = new ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        using var pause = new ReaderWriterLockSlim();
        Thread[] all = [.. Enumerable.Range(0, threads).Select(number => new Thread(() => Do(work, new Random(number), done, errors, pause, stop.Token)))];
        Array.ForEach(all, thread => thread.Start());
        List<Sample> samples = [];
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < time)
        {
            Thread.Sleep(time / Samples);

            // Between two pieces of every thread.
            pause.EnterWriteLock();
            samples.Add(Sample.Take(watch.Elapsed, done.Values.Sum()));
            pause.ExitWriteLock();
        }

        stop.Cancel();
        Array.ForEach(all, thread => thread.Join());
        Console.WriteLine($"| work, on {threads} threads | times |");
        Console.WriteLine("|---|---|");
        foreach (var (name, _, _) in work.Kinds)
        {
            Console.WriteLine($"| {name} | {done.GetValueOrDefault(name)} |");
        }

        Console.WriteLine($"| failed | {errors.Count} |");
        Console.WriteLine();
        Sample.Print(samples.Where((_, i) => i % Math.Max(1, samples.Count / RowsShown) == 0));
        bool grows = Trend.Print(samples);
        foreach (string error in errors.Take(ErrorsShown))
        {
            Console.Error.WriteLine(error);
        }

        return errors.IsEmpty && !grows ? 0 : 1;
    }

    private static void Do(Work work, Random random, ConcurrentDictionary<string, int> done, ConcurrentQueue<string> errors, ReaderWriterLockSlim pause, CancellationToken stop)
    {
        int all = work.Kinds.Sum(kind => kind.Weight);
        while (!stop.IsCancellationRequested)
        {
            int drawn = random.Next(all);
            var kind = work.Kinds.First(kind => (drawn -= kind.Weight) < 0);
            pause.EnterReadLock();
            try
            {
                kind.Do(random);
                done.AddOrUpdate(kind.Name, 1, (_, count) => count + 1);
            }
#pragma warning disable CA1031 // Whatever it throws is what is looked for.
            catch (Exception e)
#pragma warning restore CA1031
            {
                errors.Enqueue($"{kind.Name}: {e}");
            }
            finally
            {
                pause.ExitReadLock();
            }
        }
    }
}

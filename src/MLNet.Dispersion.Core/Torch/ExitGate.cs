using System.Diagnostics;
using System.Runtime.Loader;

namespace MLNet.Dispersion;

/// <summary>Keeps computations and the end of the process apart: libtorch frees what it computes with while threads in the background still run, and a thread that computes then aborts the process.</summary>
/// <remarks>
/// Whatever computes is inside (<see cref="Enter"/>). When the process ends, the gate closes: the end waits for the threads inside, some seconds at most, and a thread that enters,
/// or enters again further inside, stops for good, as all threads in the background do a moment later. The thread that runs the handlers of the end is let in.
/// Work that takes long therefore enters again between its parts; a part should take no longer than the end may wait. Code of the caller's runs outside (<see cref="Leave"/>):
/// it may end the process, which would wait for it.
/// </remarks>
internal static class ExitGate
{
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(5);

    /// <summary>The thread that runs the handlers of the process's end, which need not be the one that asked for it; 0 while the process goes on.</summary>
    private static int _closedBy;
    private static int _threadsInside;

    [ThreadStatic]
    private static int _depth;

    // Handlers of the process's end run in the order in which they were added, and one of the program's own may wait for threads that compute: this one comes last, since
    // contexts are unloaded before those handlers are called.
    static ExitGate() => AssemblyLoadContext.Default.Unloading += _ => AppDomain.CurrentDomain.ProcessExit += (_, _) => Close();

    /// <summary>Begins to compute; the thread computes until the result is disposed. May be called again inside.</summary>
    internal static Inside Enter()
    {
        int before = _depth;
        Go(before + 1);
        return new Inside(before);
    }

    /// <summary>Stops computing until the result is disposed.</summary>
    internal static Inside Leave()
    {
        int before = _depth;
        Go(0);
        return new Inside(before);
    }

    /// <summary>Goes to another depth; further in than the gate only where it is open.</summary>
    private static void Go(int depth)
    {
        int before = _depth;
        _depth = depth;
        if (before == 0 && depth > 0)
        {
            Interlocked.Increment(ref _threadsInside);
        }
        else if (before > 0 && depth == 0)
        {
            Interlocked.Decrement(ref _threadsInside);
        }

        int closedBy = depth > before ? Volatile.Read(ref _closedBy) : 0;
        if (closedBy != 0 && closedBy != Environment.CurrentManagedThreadId)
        {
            Stop();
        }
    }

    private static void Close()
    {
        // Whoever is not counted below sees this when it enters: it counts first and looks then.
        Interlocked.Exchange(ref _closedBy, Environment.CurrentManagedThreadId);
        int own = Math.Sign(_depth);
        for (long begun = Stopwatch.GetTimestamp(); Volatile.Read(ref _threadsInside) > own && Stopwatch.GetElapsedTime(begun) < MostWait;)
        {
            Thread.Sleep(1);
        }
    }

    private static void Stop()
    {
        Interlocked.Decrement(ref _threadsInside);
        while (true)
        {
            try
            {
                Thread.Sleep(Timeout.Infinite);
            }
            catch (ThreadInterruptedException)
            {
                // There is nothing to go back to.
            }
        }
    }

    /// <summary>A thread's computing, or its break, which must end on that thread.</summary>
    /// <param name="before">How often it was inside before.</param>
    internal readonly ref struct Inside(int before)
    {
        /// <summary>Ends it.</summary>
        public void Dispose() => Go(before);
    }
}

using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Runs managed loops on the very threads that torch computes with.</summary>
/// <remarks>
/// OpenMP's threads wait for their next work by spinning, for milliseconds: threads of .NET's pool would have to share the processors with them. So the loop is handed
/// to the OpenMP library that libtorch has loaded (GOMP_parallel, the entry point of compiled OpenMP programs). Where libtorch uses another one (Windows, macOS), the pool does it.
/// </remarks>
internal static unsafe class TorchThreads
{
    private static readonly Lazy<nint> GompParallel = new(FindGompParallel);

    /// <summary>Calls the body once for each index below the count, from several threads, and returns when all calls have.</summary>
    internal static void For(int count, Action<int> body)
    {
        int threads = Math.Min(get_num_threads(), count);
        if (threads <= 1)
        {
            for (int i = 0; i < count; i++)
            {
                body(i);
            }
        }
        else if (GompParallel.Value is var entry and not 0)
        {
            ForByGomp(entry, count, threads, body);
        }
        else
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, body);
        }
    }

    private static void ForByGomp(nint entry, int count, int threads, Action<int> body)
    {
        var work = new Work(count, body);
        var handle = GCHandle.Alloc(work);
        try
        {
            var parallel = (delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void>)entry;
            parallel(&Enter, GCHandle.ToIntPtr(handle), (uint)threads, 0);
        }
        finally
        {
            handle.Free();
        }

        work.Failure?.Throw();
    }

    [UnmanagedCallersOnly]
    private static void Enter(nint handle) => ((Work)GCHandle.FromIntPtr(handle).Target!).Run();

    private static nint FindGompParallel() =>
        OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("LibTorchSharp", typeof(TorchSharp.torch).Assembly, null, out nint library)
        && NativeLibrary.TryGetExport(library, "GOMP_parallel", out nint entry)
            ? entry
            : 0;

    private sealed class Work(int count, Action<int> body)
    {
        private int _next = -1;

        internal ExceptionDispatchInfo? Failure { get; private set; }

        internal void Run()
        {
            try
            {
                for (int i = Interlocked.Increment(ref _next); i < count; i = Interlocked.Increment(ref _next))
                {
                    body(i);
                }
            }
            catch (Exception e)
            {
                // No exception may leave through native frames.
                Failure = ExceptionDispatchInfo.Capture(e);
            }
        }
    }
}

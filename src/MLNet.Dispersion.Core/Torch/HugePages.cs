using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Asks Linux to hold memory in pages of 2 MB, where pages are of 4 KB.</summary>
/// <remarks>
/// Weights that are read whole for each token are read as fast as memory gives them, and looking up a hundred thousand small pages for half a gigabyte is a good part of that time, on virtual machines most of all.
/// Numbers are moved by the system, not changed; a system that says no leaves them as they are.
/// </remarks>
internal static partial class HugePages
{
    /// <summary>The switch of <see cref="AppContext"/> that turns this off when it is set to false.</summary>
    internal const string SwitchName = "MLNet.Dispersion.HugePages";

    /// <summary>Bytes of a huge page.</summary>
    internal const long Size = 2 << 20;

    private const string SystemSetting = "/sys/kernel/mm/transparent_hugepage/enabled";
    private const int HugePage = 14;
    private const int Collapse = 25;

    private static readonly Lazy<bool> Allowed = new(IsAllowed);
    private static readonly ConditionalWeakTable<Tensor, object> Asked = [];

    /// <summary>Asks for the memory of tensors on the processor that are written to already; of each tensor once, since asking makes every processor stop for a moment.</summary>
    /// <returns>How many tensors' memory the system was asked for.</returns>
    internal static unsafe int Ask(IEnumerable<Tensor> tensors)
    {
        if (!Allowed.Value)
        {
            return 0;
        }

        (nint Start, long Bytes)[] pieces = [.. tensors.Where(one => Asked.TryAdd(one, Asked)).Select(one => ((nint)TensorMemory.Pointer(one), one.numel() * one.element_size()))];
        foreach ((nint start, long bytes) in Ranges(pieces))
        {
            // The answers do not matter: where there is no room, or a neighbour's memory is of another kind, pages stay small.
            _ = madvise(start, (nuint)bytes, HugePage);

            // Page by page, since the first that cannot be had would end the whole call.
            for (long page = 0; page < bytes; page += Size)
            {
                _ = madvise((nint)(start + page), (nuint)Size, Collapse);
            }
        }

        return pieces.Length;
    }

    /// <summary>The huge pages that pieces lie in: pieces that are near each other share them, and small ones alone have none.</summary>
    internal static IEnumerable<(nint Start, long Bytes)> Ranges(IEnumerable<(nint Start, long Bytes)> pieces)
    {
        var ranges = new List<(long Start, long End)>();
        foreach ((nint start, long bytes) in pieces.OrderBy(piece => piece.Start))
        {
            if (ranges.Count > 0 && start - ranges[^1].End <= Size)
            {
                ranges[^1] = (ranges[^1].Start, Math.Max(ranges[^1].End, start + bytes));
            }
            else
            {
                ranges.Add((start, start + bytes));
            }
        }

        return ranges.Where(range => range.End - range.Start >= Size).Select(range => Around(range.Start, range.End));
    }

    private static (nint Start, long Bytes) Around(long start, long end)
    {
        long first = start / Size * Size;
        return ((nint)first, ((end + Size - 1) / Size * Size) - first);
    }

    private static bool IsAllowed()
    {
        if (!HostAllocator.IsWanted(SwitchName))
        {
            return false;
        }

        try
        {
            return !File.ReadAllText(SystemSetting).Contains("[never]", StringComparison.Ordinal) && madvise(0, 0, HugePage) == 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(nint start, nuint length, int advice);
}

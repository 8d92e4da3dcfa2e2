using System.Runtime.InteropServices;

namespace MLNet.Dispersion;

/// <summary>Asks the C library to keep freed memory for the next tensor instead of giving it back to the system.</summary>
/// <remarks>
/// glibc returns every tensor above its mmap threshold to the system when it is freed, and the system hands the next one out as new, zeroed pages: at the sizes of
/// a training step that costs as much time as the arithmetic. <c>mallopt</c> is glibc's documented way to change it, for the whole process; elsewhere nothing is done.
/// </remarks>
internal static partial class HostAllocator
{
    /// <summary>The switch of <see cref="AppContext"/> that turns this off when it is set to false.</summary>
    internal const string SwitchName = "MLNet.Dispersion.KeepFreedMemory";

    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapMax = -4;
    private const int TopPadBytes = 64 << 20;

    private static readonly Lazy<bool> Kept = new(Keep);

    /// <summary>Keeps freed memory from now on; the first call counts.</summary>
    /// <returns>Whether the C library has been told so.</returns>
    internal static bool KeepFreedMemory() => Kept.Value;

    /// <summary>Whether this is Linux and a switch of <see cref="AppContext"/> is not set to false.</summary>
    internal static bool IsWanted(string switchName) => OperatingSystem.IsLinux() && (!AppContext.TryGetSwitch(switchName, out bool wanted) || wanted);

    private static bool Keep()
    {
        if (!IsWanted(SwitchName))
        {
            return false;
        }

        try
        {
            return mallopt(MmapMax, 0) == 1 && mallopt(TrimThreshold, int.MaxValue) == 1 && mallopt(TopPad, TopPadBytes) == 1;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library, such as musl.
            return false;
        }
    }

    [LibraryImport("libc.so.6")]
    private static partial int mallopt(int parameter, int value);
}

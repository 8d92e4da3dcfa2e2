using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Reliability.Soak;

/// <summary>What the C library has handed out and not got back, by its own account: unlike resident memory, without what it keeps for later.</summary>
internal static partial class NativeHeap
{
    /// <summary>The bytes that are handed out; 0 where the C library is not glibc, 2.33 or newer.</summary>
    internal static long BytesInUse()
    {
        try
        {
            Account account = OperatingSystem.IsLinux() ? mallinfo2() : default;
            return (long)(account.InUse + account.Mapped);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return 0;
        }
    }

    [LibraryImport("libc.so.6")]
    private static partial Account mallinfo2();

    /// <summary>Of glibc's <c>struct mallinfo2</c>, ten numbers, <c>hblkhd</c> and <c>uordblks</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 80)]
    private readonly record struct Account([field: FieldOffset(32)] nuint Mapped, [field: FieldOffset(56)] nuint InUse);
}

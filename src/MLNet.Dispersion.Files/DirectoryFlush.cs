using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Files;

/// <summary>Makes names in a directory survive a loss of power: a file's own flush does not cover the entry by which it is found.</summary>
internal static partial class DirectoryFlush
{
    private const int ReadOnly = 0;

    // EINVAL, ENOTSUP: file systems that know no flush of directories, such as some network shares.
    private const int InvalidArgument = 22;

    private static int NotSupported => OperatingSystem.IsMacOS() ? 45 : 95;

    /// <summary>Flushes a directory's entries to disk. Windows has no such call and needs none: NTFS journals names.</summary>
    /// <exception cref="IOException">The system reports that it could not.</exception>
    internal static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Open(directory, ReadOnly);
        if (descriptor < 0)
        {
            throw Failure(directory);
        }

        try
        {
            if (Synchronize(descriptor) != 0 && Marshal.GetLastPInvokeError() is var error && error != InvalidArgument && error != NotSupported)
            {
                throw Failure(directory);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string directory) =>
        new($"The directory '{directory}' could not be flushed to disk: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}

using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Files;

/// <summary>Saves sets of files, such as those of a model, into a directory.</summary>
public static class WholeDirectory
{
    /// <summary>
    /// A directory that does not exist yet appears whole or not at all: it is written under another name beside its place and renamed.
    /// In one that exists each file is replaced whole, and files that nobody wrote stay, except those of a former set, such as weights in more shards.
    /// </summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="write">Writes all files and returns the names of those of one set, such as the shards of weights.</param>
    /// <param name="former">Says of a file's name whether it belongs to such a set: what the former model left of it is deleted.</param>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    public static void Save(string directory, Func<FileSink, IReadOnlyList<string>> write, Func<string, bool> former)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(former);
        Save(directory, write, (target, written) => Remove(target, written, former));
    }

    /// <summary>Saves files that lie beside others or alone: no other file of a directory that exists is touched; a directory that does not exist yet appears whole or not at all.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="write">Writes all files.</param>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    public static void SaveBeside(string directory, Action<FileSink> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        Save(
            directory,
            sink =>
            {
                write(sink);
                return [];
            },
            (_, _) => { });
    }

    /// <summary>
    /// Makes the names in a directory survive a loss of power: a file's own flush does not cover the entry by which it is found.
    /// Windows has no such call and needs none: NTFS journals names.
    /// </summary>
    /// <param name="directory">The directory's path.</param>
    /// <exception cref="IOException">The system reports that it could not.</exception>
    public static void FlushNames(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        DirectoryFlush.Flush(directory);
    }

    private static void Save(string directory, Func<FileSink, IReadOnlyList<string>> write, Action<string, IReadOnlyList<string>> tidy)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        try
        {
            if (Directory.Exists(target))
            {
                tidy(target, write(new DirectorySink(target)));
            }
            else
            {
                SaveNew(target, write);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(target, $"Saving failed: {e.Message} Name a directory that can be written, on a disk with room.", innerException: e);
        }
    }

    private static void SaveNew(string target, Func<FileSink, IReadOnlyList<string>> write)
    {
        string temporary = $"{target}.partial-{Guid.NewGuid():N}";
        try
        {
            write(new DirectorySink(temporary));
            Directory.Move(temporary, target);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    private static void Remove(string target, IReadOnlyList<string> written, Func<string, bool> former)
    {
        foreach (string path in Directory.EnumerateFiles(target).Where(path => former(Path.GetFileName(path)) && !written.Contains(Path.GetFileName(path))).ToList())
        {
            File.Delete(path);
        }
    }
}

/// <summary>The system calls that flush a directory.</summary>
internal static partial class DirectoryFlush
{
    private const int ReadOnly = 0;

    // EINVAL, ENOTSUP: file systems that know no flush of directories, such as some network shares.
    private const int InvalidArgument = 22;

    private static int NotSupported => OperatingSystem.IsMacOS() ? 45 : 95;

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

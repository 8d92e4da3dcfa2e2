using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Files;

/// <summary>Saves sets of files, such as those of a model, into a directory.</summary>
public static class WholeDirectory
{
    /// <summary>
    /// Saves a set of files that replaces a former one, whole or not at all, also where the process or the machine ends in the middle.
    /// A directory that does not exist yet is written under another name beside its place and renamed. In one that exists all new files are written into a folder inside of it
    /// first, which needs room for both sets, and are then moved into their places; files that nobody wrote stay, except those of the former set, such as weights in more shards.
    /// </summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="write">Writes all files and returns the names of those of one set, such as the shards of weights.</param>
    /// <param name="former">Says of a file's name whether it belongs to such a set: what the former model left of it is deleted.</param>
    /// <param name="listed">Whether a list of the files with their hashes is written, too (see <see cref="SavedManifest"/>): for models. Without it an end by force while files are moved, which takes a moment, may leave files of both sets. Default true.</param>
    /// <exception cref="ModelFileException">The directory cannot be written; a former model is as it was.</exception>
    public static void Save(string directory, Func<FileSink, IReadOnlyList<string>> write, Func<string, bool> former, bool listed = true)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(former);
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        try
        {
            if (Directory.Exists(target))
            {
                Replace(target, write, former, listed);
            }
            else
            {
                SaveNew(target, write, listed);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(target, $"Saving failed: {e.Message} Name a directory that can be written, on a disk with room.", innerException: e);
        }
    }

    /// <summary>Saves files that lie beside others or alone, whole or not at all as <see cref="Save"/> does: no other file of a directory that exists is touched.</summary>
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
            _ => false);
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

    private static void SaveNew(string target, Func<FileSink, IReadOnlyList<string>> write, bool listed)
    {
        string parent = Directory.CreateDirectory(Path.GetDirectoryName(target)!).FullName;
        Leftovers.Sweep(parent, Path.GetFileName(target));
        string folder = Leftovers.NewName(target);
        using FileStream hold = Hold(folder);
        OrNothing(folder, () =>
        {
            var sink = new NotingSink(new DirectorySink(folder));
            write(sink);
            if (listed)
            {
                new DirectorySink(folder).Write(SavedManifest.FileName, stream => SavedManifest.Write(stream, null, sink.Files, _ => false, null, []));
            }

            FlushNames(folder);
            Directory.Move(folder, target);
        });
        FlushNames(parent);
    }

    private static void Replace(string target, Func<FileSink, IReadOnlyList<string>> write, Func<string, bool> former, bool listed)
    {
        SavedManifest? before = CompletedManifest(target);
        Leftovers.Sweep(target, string.Empty);
        string folder = Leftovers.NewName(target + Path.DirectorySeparatorChar);
        string[] removed = [];
        using FileStream hold = Hold(folder);
        OrNothing(folder, () =>
        {
            var sink = new NotingSink(new DirectorySink(folder));
            IReadOnlyList<string> written = write(sink);
            removed = [.. Directory.EnumerateFiles(target).Select(path => Path.GetFileName(path)).Where(name => former(name) && !written.Contains(name))];
            FlushNames(folder);
            if (listed)
            {
                // Once it is there, the directory holds the new set: whoever finds the folder moves its files.
                new DirectorySink(target).Write(SavedManifest.FileName, stream =>
                    SavedManifest.Write(stream, before, sink.Files, name => File.Exists(Path.Combine(target, name)), Path.GetFileName(folder), removed));
            }
        });
        FlushNames(target);
        InterruptedSave.Move(folder, target, removed);
    }

    /// <summary>The manifest of a directory, once what was interrupted there is completed; null for none, and for one that is damaged: it is to be replaced.</summary>
    private static SavedManifest? CompletedManifest(string target)
    {
        string path = Path.Combine(target, SavedManifest.FileName);
        try
        {
            InterruptedSave.Complete(target);
            return File.Exists(path) ? SavedManifest.Read(path) : null;
        }
        catch (ModelFileException e) when (e.File == path)
        {
            return null;
        }
    }

    private static FileStream Hold(string folder) => Leftovers.TryHold(folder) ?? throw new IOException($"'{folder}' is held by another process.");

    /// <summary>Has files written into a folder, and takes it away where that fails.</summary>
    private static void OrNothing(string folder, Action write)
    {
        try
        {
            write();
        }
        catch
        {
            Leftovers.Delete(folder);
            throw;
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

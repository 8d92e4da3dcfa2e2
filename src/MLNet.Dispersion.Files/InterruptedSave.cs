using System.Diagnostics;

namespace MLNet.Dispersion.Files;

/// <summary>The last part of a save over an older model: all new files lie in a folder of their own, the manifest says so, and they are moved into their places. What ends it half-way leaves it to whoever comes next.</summary>
/// <remarks>Directories come from strangers: no link is followed, so that nothing outside of the directory is touched.</remarks>
internal static class InterruptedSave
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly EnumerationOptions Own = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Completes what was interrupted; where another process is at it, waits for its end.</summary>
    /// <exception cref="ModelFileException">It cannot be completed.</exception>
    internal static bool Complete(string directory)
    {
        string path = Path.Combine(directory, SavedManifest.FileName);
        if (!File.Exists(path))
        {
            return true;
        }

        SavedManifest manifest = SavedManifest.Read(path);
        if (manifest.Pending is { } name && Path.Combine(directory, name) is var folder && Directory.Exists(folder))
        {
            try
            {
                CompleteHeld(directory, folder, manifest.Removed);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ModelFileException(directory, $"A save was interrupted here after all of its files were written, and it cannot be completed: {e.Message} Let the directory be written, or save the model again into another one.", innerException: e);
            }
        }

        return true;
    }

    /// <summary>Moves the files of a folder into the directory that it lies in, deletes those that go, and the folder.</summary>
    internal static void Move(string folder, string directory, IEnumerable<string> removed)
    {
        MoveInto(folder, directory);
        foreach (string name in removed)
        {
            File.Delete(Path.Combine(directory, name));
        }

        Directory.Delete(folder, recursive: true);
        WholeDirectory.FlushNames(directory);
    }

    private static void CompleteHeld(string directory, string folder, IReadOnlyList<string> removed)
    {
        long begun = Stopwatch.GetTimestamp();
        FileStream? hold;
        while ((hold = Leftovers.TryHold(folder)) is null)
        {
            if (Stopwatch.GetElapsedTime(begun) > Patience)
            {
                throw new IOException("another process holds it.");
            }

            Thread.Sleep(Pause);
        }

        using (hold)
        {
            if (Directory.Exists(folder))
            {
                Move(folder, directory, removed);
            }
        }
    }

    private static void MoveInto(string folder, string target)
    {
        RefuseLink(folder);
        if (Directory.Exists(target))
        {
            RefuseLinkWithin(folder, target);
        }

        Directory.CreateDirectory(target);
        foreach (string path in Directory.GetFiles(folder, "*", Own))
        {
            File.Move(path, Path.Combine(target, Path.GetFileName(path)), overwrite: true);
        }

        foreach (string inner in Directory.GetDirectories(folder, "*", Own))
        {
            MoveInto(inner, Path.Combine(target, Path.GetFileName(inner)));
        }
    }

    // The directory itself may be reached by a link, such as that to a disk for models; a folder in it may not.
    private static void RefuseLinkWithin(string folder, string target)
    {
        if (Path.GetDirectoryName(folder) != target)
        {
            RefuseLink(target);
        }
    }

    private static void RefuseLink(string folder)
    {
        if (File.GetAttributes(folder).HasFlag(FileAttributes.ReparsePoint))
        {
            throw new IOException($"'{folder}' is a link, which could lead out of the directory.");
        }
    }
}

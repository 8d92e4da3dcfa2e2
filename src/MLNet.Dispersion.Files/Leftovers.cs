namespace MLNet.Dispersion.Files;

/// <summary>Files and folders that are written under another name and then renamed. Those of killed processes are told from those at work by a lock, which ends with its process.</summary>
internal static class Leftovers
{
    private const string Mark = ".partial-";
    private const string LockEnding = ".lock";
    private static readonly System.Buffers.SearchValues<char> LowerHex = System.Buffers.SearchValues.Create("0123456789abcdef");

    /// <summary>A name for the time of writing.</summary>
    /// <param name="target">The path of what is to be written; that of a folder with its separator for a name inside of it.</param>
    internal static string NewName(string target) => $"{target}{Mark}{Guid.NewGuid():N}";

    /// <summary>Whether a plain name is one that <see cref="NewName"/> makes inside of a folder.</summary>
    internal static bool IsInside(string name) =>
        name.Length == Mark.Length + 32 && name.StartsWith(Mark, StringComparison.Ordinal) && name.AsSpan(Mark.Length).IndexOfAnyExcept(LowerHex) < 0;

    /// <summary>Takes the lock of a folder that is being written; null where another process or thread has it.</summary>
    /// <exception cref="IOException">It cannot be made for other reasons.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder above may not be written.</exception>
    internal static FileStream? TryHold(string folder)
    {
        string path = folder + LockEnding;
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Deletes what killed processes left of their attempts at a name; what is at work stays, and so does what cannot be deleted.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">The plain name that it was to have; empty for folders inside of <paramref name="folder"/>.</param>
    /// <param name="least">What was written since stays as well, for files that are locked only a moment after they are made. Default: nothing.</param>
    internal static void Sweep(string folder, string name, TimeSpan least = default)
    {
        foreach (string path in Found(folder, name + Mark))
        {
            try
            {
                if (least == default || DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > least)
                {
                    SweepOne(path);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // At work, or not ours to delete.
            }
        }
    }

    /// <summary>Deletes a file or folder where it can; for the way out of an error, which is to be told and not this one's.</summary>
    internal static void Delete(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next save sweeps it.
        }
    }

    private static string[] Found(string folder, string beginning)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(folder).Where(path => Path.GetFileName(path).StartsWith(beginning, StringComparison.Ordinal))];
        }
        catch (UnauthorizedAccessException)
        {
            // A folder in which one may write, and not look.
            return [];
        }
    }

    private static void SweepOne(string path)
    {
        string folder = path.EndsWith(LockEnding, StringComparison.Ordinal) ? path[..^LockEnding.Length] : path;
        if (folder == path && File.Exists(path))
        {
            // Windows closes a file just before it is renamed: there a young one may be at work.
            if (!OperatingSystem.IsWindows() || DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > TimeSpan.FromMinutes(1))
            {
                using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                {
                }

                File.Delete(path);
            }

            return;
        }

        using FileStream? hold = TryHold(folder);
        if (hold is not null && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

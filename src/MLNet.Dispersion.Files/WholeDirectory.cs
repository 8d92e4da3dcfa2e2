namespace MLNet.Dispersion.Files;

/// <summary>Saves a whole checkpoint into a directory.</summary>
internal static class WholeDirectory
{
    /// <summary>
    /// A directory that does not exist yet appears whole or not at all: it is written under another name beside its place and renamed.
    /// In one that exists each file is replaced whole, and files that nobody wrote stay, except weights of the former checkpoint.
    /// </summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="write">Writes all files and returns the names of those of one set, such as the shards of weights.</param>
    /// <param name="former">Of the names of a directory's files those that belong to such a set: what the former model left of it goes.</param>
    internal static void Save(string directory, Func<FileSink, IReadOnlyList<string>> write, Func<string, bool> former) => Save(
        directory,
        write,
        (target, written) => Remove(target, written, former));

    /// <summary>The same for files that lie beside a checkpoint's or alone: no other file of a directory that exists is touched.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="write">Writes all files.</param>
    internal static void SaveBeside(string directory, Action<FileSink> write) => Save(
        directory,
        sink =>
        {
            write(sink);
            return [];
        },
        (_, _) => { });

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

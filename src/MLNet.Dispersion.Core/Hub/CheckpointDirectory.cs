namespace MLNet.Dispersion.Hub;

/// <summary>Saves a whole checkpoint into a directory.</summary>
internal static class CheckpointDirectory
{
    /// <summary>
    /// A directory that does not exist yet appears whole or not at all: it is written under another name beside its place and renamed.
    /// In one that exists each file is replaced whole, and files that nobody wrote stay, except weights of the former checkpoint.
    /// </summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="write">Writes all files and returns the names of the weights' files.</param>
    internal static void Save(string directory, Func<CheckpointSink, IReadOnlyList<string>> write) => Save(directory, write, RemoveFormerWeights);

    /// <summary>The same for files that lie beside a checkpoint's or alone: no other file of a directory that exists is touched.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="write">Writes all files.</param>
    internal static void SaveBeside(string directory, Action<CheckpointSink> write) => Save(
        directory,
        sink =>
        {
            write(sink);
            return [];
        },
        (_, _) => { });

    private static void Save(string directory, Func<CheckpointSink, IReadOnlyList<string>> write, Action<string, IReadOnlyList<string>> tidy)
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
            throw new CheckpointException(target, $"Saving failed: {e.Message} Name a directory that can be written, on a disk with room.", innerException: e);
        }
    }

    private static void SaveNew(string target, Func<CheckpointSink, IReadOnlyList<string>> write)
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

    // Left over, a single file would be read in place of newer shards, and older shards would only take room.
    private static void RemoveFormerWeights(string target, IReadOnlyList<string> written)
    {
        var former = Directory.EnumerateFiles(target, "model-*-of-*.safetensors").Select(path => Path.GetFileName(path)!);
        foreach (string file in former.Append(CheckpointWeights.SingleFile).Append(CheckpointWeights.IndexFile).Except(written).ToList())
        {
            File.Delete(Path.Combine(target, file));
        }
    }
}

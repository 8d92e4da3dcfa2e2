using System.Security.Cryptography;

namespace MLNet.Dispersion;

/// <summary>The directory that holds a run's checkpoints: each appears whole or not at all, and the directory belongs to one run at a time.</summary>
/// <remarks>Not thread-safe. Disposal lets other runs in.</remarks>
internal sealed class CheckpointStore : IDisposable
{
    private const string LockFile = "run.lock";
    private const string Partial = ".partial-";
    private const int BufferSize = 1 << 16;
    private readonly string _directory;
    private readonly int _keep;
    private readonly FileStream _lock;
    private readonly List<string> _own;
    private readonly Func<string, FileStream> _create;

    /// <summary>Takes the directory and clears away what a killed process left half done.</summary>
    /// <param name="options">Checked.</param>
    /// <param name="create">Opens a new file; null for the usual way.</param>
    /// <exception cref="ModelFileException">The directory cannot be written, or another run has it.</exception>
    internal CheckpointStore(CheckpointOptions options, Func<string, FileStream>? create = null)
    {
        _directory = Path.GetFullPath(options.Directory);
        _keep = options.Keep;
        _create = create ?? (path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize));
        _lock = Take(_directory);
        foreach (string leftover in Directory.EnumerateDirectories(_directory, Partial + "*"))
        {
            Delete(leftover);
        }

        IReadOnlyList<CheckpointFolder> former = options.Resume ? CheckpointFolder.All(_directory) : [];
        Newest = former is [.., var newest] ? newest : null;
        _own = [.. former.Select(folder => folder.Path)];
    }

    /// <summary>The checkpoint to go on from; null to begin anew.</summary>
    internal CheckpointFolder? Newest { get; }

    /// <summary>Reads all of the newest checkpoint's bytes and checks that they are what was written.</summary>
    /// <exception cref="ModelFileException">They are not; the message names the file and the checkpoint before it.</exception>
    internal CheckpointManifest Verify(CheckpointFolder folder)
    {
        try
        {
            var manifest = CheckpointManifest.Read(folder.Source);
            manifest.Verify(folder.Source);
            return manifest;
        }
        catch (ModelFileException e)
        {
            string fallback = CheckpointFolder.All(_directory).LastOrDefault(other => other.Step < folder.Step && IsWhole(other)) is { } former
                ? $"the same call then goes on from '{former.Name}', which is whole"
                : "the same call then begins anew, since there is no whole checkpoint before it";
            throw new ModelFileException(e.File, $"{e.Message[(e.File.Length + 2)..]} Delete the folder '{folder.Name}': {fallback}.", innerException: e);
        }
    }

    /// <summary>Saves a checkpoint, and deletes the oldest beyond those to keep once it is whole.</summary>
    /// <param name="manifest">What to say of it; the files are filled in.</param>
    /// <param name="write">Writes the files.</param>
    /// <exception cref="ModelFileException">It could not be written; earlier checkpoints are as they were, and nothing of this one is left.</exception>
    internal void Save(CheckpointManifest manifest, Action<FileSink> write)
    {
        string name = CheckpointFolder.NameOf(manifest.Step, manifest.Finished);
        string target = Path.Combine(_directory, name);
        string temporary = TemporaryPath(name);
        try
        {
            Directory.CreateDirectory(temporary);
            var sink = new HashedSink(file => _create(Path.Combine(temporary, file)));
            write(sink);
            (manifest with { Files = [.. sink.Files] }).Write(sink);
            WholeDirectory.FlushNames(temporary);
            Discard(target);
            Directory.Move(temporary, target);
            WholeDirectory.FlushNames(_directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string kept = _own.Count > 0 ? $"The last whole checkpoint is '{Path.GetFileName(_own[^1])}'" : "There is no checkpoint yet";
            throw new ModelFileException(target, $"Saving it failed, and training ended: {e.Message} {kept}. Make room or let the folder be written; the same call then goes on.", innerException: e);
        }
        finally
        {
            Delete(temporary);
        }

        _own.Remove(target);
        _own.Add(target);
        DeleteOld();
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static FileStream Take(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            return new FileStream(Path.Combine(directory, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(
                directory,
                $"Checkpoints cannot be saved here: {e.Message} Either another run is using the directory (wait for it, or name another CheckpointOptions.Directory), or it cannot be written.",
                innerException: e);
        }
    }

    private static bool IsWhole(CheckpointFolder folder)
    {
        try
        {
            CheckpointManifest.Read(folder.Source).Verify(folder.Source);
            return true;
        }
        catch (ModelFileException)
        {
            return false;
        }
    }

    private void DeleteOld()
    {
        _own.RemoveRange(0, Math.Max(0, _own.Count - _keep));
        foreach (CheckpointFolder folder in CheckpointFolder.All(_directory).Where(folder => !_own.Contains(folder.Path)))
        {
            Discard(folder.Path);
        }
    }

    /// <summary>Deletes a checkpoint under another name, so that a kill half-way leaves no folder that looks like one.</summary>
    private void Discard(string path)
    {
        if (Directory.Exists(path))
        {
            string doomed = TemporaryPath(Path.GetFileName(path));
            Directory.Move(path, doomed);
            Delete(doomed);
        }
    }

    private string TemporaryPath(string name) => Path.Combine(_directory, $"{Partial}{name}-{Guid.NewGuid():N}");

    private static void Delete(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Held open by another program, such as a virus scanner: the next run in this directory deletes it.
        }
    }
}

/// <summary>Writes files into a folder, flushed to disk, and keeps what they can be known by.</summary>
/// <param name="create">Opens a new file of the folder for writing.</param>
internal sealed class HashedSink(Func<string, FileStream> create) : FileSink
{
    private readonly List<CheckpointFile> _files = [];

    /// <summary>What was written, in order.</summary>
    internal IReadOnlyList<CheckpointFile> Files => _files;

    /// <inheritdoc/>
    public override void Write(string fileName, Action<Stream> write)
    {
        using FileStream file = create(fileName);
        using var hash = SHA256.Create();
        using (var hashed = new CryptoStream(file, hash, CryptoStreamMode.Write, leaveOpen: true))
        {
            write(hashed);
        }

        long length = file.Length;
        file.Flush(flushToDisk: true);
        _files.Add(new CheckpointFile(fileName, length, Convert.ToHexStringLower(hash.Hash!)));
    }
}

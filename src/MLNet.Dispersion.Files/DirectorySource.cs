namespace MLNet.Dispersion.Files;

/// <summary>The files of a model in a directory. A save over an older model that was ended by force once all new files were on the disk is completed before the first file is read.</summary>
public sealed class DirectorySource : FileSource
{
    private readonly string _directory;
    private readonly Lazy<bool> _completed;

    /// <summary>Names the directory; nothing is read yet.</summary>
    /// <param name="directory">The directory's path.</param>
    public DirectorySource(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        _directory = Path.GetFullPath(directory);
        _completed = new Lazy<bool>(() => InterruptedSave.Complete(_directory));
    }

    /// <inheritdoc/>
    public override string Name => _directory;

    /// <inheritdoc/>
    public override bool Contains(string fileName) => File.Exists(PathOf(fileName));

    /// <inheritdoc/>
    public override void Read(string fileName, Action<Stream> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        if (!Contains(fileName))
        {
            throw new ModelFileException(Describe(fileName), "There is no such file.");
        }

        using FileStream stream = Open(fileName);
        read(stream);
    }

    /// <inheritdoc/>
    public override FileSource? FindFolder(string name) => Directory.Exists(PathOf(name)) ? new DirectorySource(PathOf(name)) : null;

    /// <inheritdoc/>
    public override IEnumerable<string> FileNames()
    {
        _ = _completed.Value;
        return Directory.Exists(_directory) ? Directory.EnumerateFiles(_directory).Select(path => Path.GetFileName(path)) : [];
    }

    private FileStream Open(string fileName)
    {
        try
        {
            return RegularFile.OpenRead(PathOf(fileName));
        }
        catch (IOException e)
        {
            throw new ModelFileException(Describe(fileName), $"It cannot be opened: {e.Message}", innerException: e);
        }
    }

    private string PathOf(string fileName)
    {
        if (fileName != Path.GetFileName(fileName) || fileName is "" or "." or "..")
        {
            throw new ModelFileException(Describe(fileName), "A model's files must lie in its own directory: the name may hold no folder.");
        }

        _ = _completed.Value;
        return Path.Combine(_directory, fileName);
    }
}

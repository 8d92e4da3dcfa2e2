namespace MLNet.Dispersion.Files;

/// <summary>The files of a model in a directory.</summary>
public sealed class DirectorySource : FileSource
{
    private readonly string _directory;

    /// <summary>Names the directory; nothing is read yet.</summary>
    /// <param name="directory">The directory's path.</param>
    public DirectorySource(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        _directory = Path.GetFullPath(directory);
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

        using var stream = new FileStream(PathOf(fileName), FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        read(stream);
    }

    /// <inheritdoc/>
    public override FileSource? FindFolder(string name) => Directory.Exists(PathOf(name)) ? new DirectorySource(PathOf(name)) : null;

    /// <inheritdoc/>
    public override IEnumerable<string> FileNames() => Directory.Exists(_directory) ? Directory.EnumerateFiles(_directory).Select(path => Path.GetFileName(path)) : [];

    private string PathOf(string fileName)
    {
        if (fileName != Path.GetFileName(fileName) || fileName is "" or "." or "..")
        {
            throw new ModelFileException(Describe(fileName), "A model's files must lie in its own directory: the name may hold no folder.");
        }

        return Path.Combine(_directory, fileName);
    }
}

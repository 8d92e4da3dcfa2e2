namespace MLNet.Dispersion.Files;

/// <summary>Writes files into a directory. Each file appears whole or not at all: it is written beside its place, flushed to disk and renamed.</summary>
public sealed class DirectorySink : FileSink
{
    private readonly string _directory;

    /// <summary>Creates the directory if it is missing.</summary>
    /// <param name="directory">The directory's path.</param>
    public DirectorySink(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        _directory = Directory.CreateDirectory(directory).FullName;
    }

    /// <inheritdoc/>
    public override void Write(string fileName, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.Combine(_directory, fileName);
        string temporary = target + ".partial-" + Guid.NewGuid().ToString("N");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <inheritdoc/>
    public override FileSink? MakeFolder(string name) => new DirectorySink(Path.Combine(_directory, name));
}

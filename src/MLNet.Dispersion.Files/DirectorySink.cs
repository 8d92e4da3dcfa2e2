namespace MLNet.Dispersion.Files;

/// <summary>Writes files into a directory. Each file appears whole or not at all: it is written beside its place, flushed to disk and renamed. What a killed process left of earlier attempts at it is swept first.</summary>
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
        Leftovers.Sweep(_directory, fileName);
        string target = Path.Combine(_directory, fileName);
        string temporary = Leftovers.NewName(target);
        try
        {
            // Open, and so in nobody's way of sweeping, until it has its name: Windows alone renames no open file.
            using var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
            write(stream);
            stream.Flush(flushToDisk: true);
            if (OperatingSystem.IsWindows())
            {
                stream.Close();
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            Leftovers.Delete(temporary);
            throw;
        }
    }

    /// <inheritdoc/>
    public override FileSink? MakeFolder(string name) => new DirectorySink(Path.Combine(_directory, name));
}

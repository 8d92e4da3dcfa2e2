namespace MLNet.Dispersion.Files;

/// <summary>Writes files that appear whole or not at all.</summary>
public static class WholeFile
{
    /// <summary>Writes a file, and the folders above it that are missing. A file that is there is replaced once the new one is on disk.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="bytes">What it is to hold.</param>
    /// <exception cref="ArgumentException">The path is blank or a folder.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, ReadOnlyMemory<byte> bytes)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string full = Path.GetFullPath(path);
        string name = Path.GetFileName(full);
        string? folder = Path.GetDirectoryName(full);
        if (name.Length == 0 || folder is null || Directory.Exists(full))
        {
            throw new ArgumentException($"'{path}' is a folder; add a file name.", nameof(path));
        }

        new DirectorySink(folder).Write(name, stream => stream.Write(bytes.Span));
    }
}

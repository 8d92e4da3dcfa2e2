namespace MLNet.Dispersion.Files;

/// <summary>Writes files that appear whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>Writes one, making missing folders.</summary>
    public static void Write(string path, byte[] bytes)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string full = Path.GetFullPath(path);
        string name = Path.GetFileName(full);
        string? folder = Path.GetDirectoryName(full);
        if (name.Length == 0 || folder is null || Directory.Exists(full))
        {
            throw new ArgumentException($"'{path}' is a folder; add a file name such as report.html.", nameof(path));
        }

        new DirectorySink(folder).Write(name, stream => stream.Write(bytes));
    }
}

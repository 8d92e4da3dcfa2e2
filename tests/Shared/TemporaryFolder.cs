namespace MLNet.Dispersion.Tests;

/// <summary>An empty folder of one test's own, deleted at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-");

    /// <summary>Gets the folder's absolute path.</summary>
    public string Path => _folder.FullName;

    /// <summary>Gets the names of the files and folders in it, in order.</summary>
    public string[] Names => [.. _folder.EnumerateFileSystemInfos().Select(entry => entry.Name).Order(StringComparer.Ordinal)];

    /// <summary>Gets the names of the folders in it, in order.</summary>
    public string[] Folders => [.. _folder.EnumerateDirectories().Select(entry => entry.Name).Order(StringComparer.Ordinal)];

    /// <summary>The absolute path of a file in the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _folder.Delete(recursive: true);
}

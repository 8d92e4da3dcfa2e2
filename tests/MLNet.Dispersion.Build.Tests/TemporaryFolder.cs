namespace MLNet.Dispersion.Build.Tests;

/// <summary>A folder of one test's own, deleted at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-");

    /// <summary>The absolute path of a file in the folder.</summary>
    public string File(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>The names of the files in the folder.</summary>
    public IEnumerable<string> Names => _folder.EnumerateFileSystemInfos().Select(entry => entry.Name).Order(StringComparer.Ordinal);

    /// <summary>The folder's absolute path.</summary>
    public string FullName => _folder.FullName;

    public void Dispose() => _folder.Delete(recursive: true);
}

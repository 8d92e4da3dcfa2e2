namespace MLNet.Dispersion.Tests.Training.Checkpoints;

/// <summary>An empty folder that goes when the test ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mlnet-dispersion-checkpoints-").FullName;

    public string[] Folders => [.. Directory.EnumerateDirectories(Path).Select(path => System.IO.Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

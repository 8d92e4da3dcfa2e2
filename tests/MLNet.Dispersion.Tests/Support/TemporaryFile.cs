namespace MLNet.Dispersion.Tests.Support;

/// <summary>A file name of its own, gone afterwards.</summary>
internal sealed class TemporaryFile : IDisposable
{
    internal string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"mlnet-dispersion-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(Path);
}

namespace MLNet.Dispersion.Tests;

/// <summary>A folder that goes when it is disposed of.</summary>
internal sealed class Scratch : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("mlnet-dispersion-onnx-").FullName;

    public string File(params string[] parts) => Path.Combine([Folder, .. parts]);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

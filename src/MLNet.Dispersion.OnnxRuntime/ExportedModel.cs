using Microsoft.ML.OnnxRuntime;

namespace MLNet.Dispersion.OnnxRuntime;

/// <summary>An exported model: one file in memory, or two in a temporary folder where weights stand apart.</summary>
internal sealed class ExportedModel : FileSink, IDisposable
{
    /// <summary>What the file of the graph is called.</summary>
    internal const string FileName = "model.onnx";

    private byte[]? _bytes;

    /// <summary>The folder; null where all is in memory.</summary>
    internal DirectoryInfo? Folder { get; private set; }

    /// <inheritdoc/>
    public override void Write(string fileName, Action<Stream> write)
    {
        // Weights that stand apart are written before the graph.
        if (fileName == FileName && Folder is null)
        {
            using var stream = new MemoryStream();
            write(stream);
            _bytes = stream.ToArray();
            return;
        }

        Folder ??= Directory.CreateTempSubdirectory("mlnet-dispersion-onnxruntime-");
        new DirectorySink(Folder.FullName).Write(fileName, write);
    }

    /// <summary>Opens it in ONNX Runtime, once: what was in memory is then ONNX Runtime's alone.</summary>
    internal InferenceSession Open(SessionOptions options)
    {
        InferenceSession session = Folder is null ? new InferenceSession(_bytes, options) : new InferenceSession(Path.Combine(Folder.FullName, FileName), options);
        _bytes = null;
        return session;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Folder is { } folder && Directory.Exists(folder.FullName))
        {
            folder.Delete(recursive: true);
        }
    }
}

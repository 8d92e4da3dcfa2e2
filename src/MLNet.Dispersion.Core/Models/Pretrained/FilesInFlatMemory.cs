using System.Text.Json.Nodes;

namespace MLNet.Dispersion;

/// <summary>Files that are kept, all in one place.</summary>
internal sealed class FilesInFlatMemory : FileSink
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    internal IEnumerable<KeyValuePair<string, byte[]>> All => _files;

    /// <inheritdoc/>
    public override void Write(string fileName, Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        _files[fileName] = stream.ToArray();
    }

    /// <summary>A file's text; null where there is none.</summary>
    internal string? FindText(string fileName) => _files.TryGetValue(fileName, out byte[]? bytes) ? System.Text.Encoding.UTF8.GetString(bytes) : null;

    /// <summary>A file's JSON; null where there is none.</summary>
    internal JsonObject? Find(string fileName) => _files.TryGetValue(fileName, out byte[]? bytes) ? JsonField.Parse(bytes, fileName).ToObject() : null;
}

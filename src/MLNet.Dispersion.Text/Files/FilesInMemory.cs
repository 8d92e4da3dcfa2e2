namespace MLNet.Dispersion.Text;

/// <summary>Files that are held in memory.</summary>
internal sealed class FilesInMemory(IReadOnlyDictionary<string, byte[]> files) : FileSource
{
    internal FilesInMemory(IEnumerable<KeyValuePair<string, byte[]>> files)
        : this(files.ToDictionary())
    {
    }

    /// <inheritdoc/>
    public override string Name => "memory";

    /// <inheritdoc/>
    public override bool Contains(string fileName) => files.ContainsKey(fileName);

    /// <inheritdoc/>
    public override void Read(string fileName, Action<Stream> read)
    {
        using var stream = new MemoryStream(files[fileName]);
        read(stream);
    }
}

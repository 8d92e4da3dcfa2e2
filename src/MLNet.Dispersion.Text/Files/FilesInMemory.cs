namespace MLNet.Dispersion.Text;

/// <summary>Files that are held in memory.</summary>
/// <param name="files">By plain name.</param>
/// <param name="name">What messages call the place.</param>
internal sealed class FilesInMemory(IReadOnlyDictionary<string, byte[]> files, string name) : FileSource
{
    internal FilesInMemory(IEnumerable<KeyValuePair<string, byte[]>> files, string name = "memory")
        : this(files.ToDictionary(), name)
    {
    }

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override bool Contains(string fileName) => files.ContainsKey(fileName);

    /// <inheritdoc/>
    public override void Read(string fileName, Action<Stream> read)
    {
        using var stream = new MemoryStream(files[fileName]);
        read(stream);
    }
}

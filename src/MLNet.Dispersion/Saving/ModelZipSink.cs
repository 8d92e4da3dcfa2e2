namespace MLNet.Dispersion;

/// <summary>Writes a checkpoint's files as entries of an ML.NET model zip, streamed, and notes what it wrote.</summary>
internal sealed class ModelZipSink(SaveContext context) : FileSink
{
    private readonly List<StoredFile> _files = [];

    internal IReadOnlyList<StoredFile> Files => _files;

    public override void Write(string fileName, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fileName);
        ArgumentNullException.ThrowIfNull(write);
        context.WriteEntry(fileName, stream =>
        {
            using var hashing = new HashingStream(stream);
            write(hashing);
            _files.Add(new StoredFile(fileName, hashing.Position, hashing.TakeHash()));
        });
    }
}

namespace MLNet.Dispersion.Text;

/// <summary>The files that a tokenizer came from, with what is needed to write a set that loads equal.</summary>
/// <param name="Files">File names with their bytes, made when they are asked for first.</param>
internal sealed record TokenizerFileSet(Lazy<IReadOnlyList<KeyValuePair<string, byte[]>>> Files)
{
    internal void Save(FileSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        foreach ((string name, byte[] bytes) in Files.Value)
        {
            sink.Write(name, stream => stream.Write(bytes));
        }
    }
}

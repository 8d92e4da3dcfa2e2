using System.Security.Cryptography;

namespace MLNet.Dispersion;

/// <summary>Writes files into a folder, flushed to disk, and keeps what they can be known by.</summary>
/// <param name="create">Opens a new file of the folder for writing.</param>
internal sealed class HashedSink(Func<string, FileStream> create) : FileSink
{
    private readonly List<CheckpointFile> _files = [];

    /// <summary>What was written, in order.</summary>
    internal IReadOnlyList<CheckpointFile> Files => _files;

    /// <inheritdoc/>
    public override void Write(string fileName, Action<Stream> write)
    {
        using FileStream file = create(fileName);
        using var hash = SHA256.Create();
        using (var hashed = new CryptoStream(file, hash, CryptoStreamMode.Write, leaveOpen: true))
        {
            write(hashed);
        }

        long length = file.Length;
        file.Flush(flushToDisk: true);
        _files.Add(new CheckpointFile(fileName, length, Convert.ToHexStringLower(hash.Hash!)));
    }
}

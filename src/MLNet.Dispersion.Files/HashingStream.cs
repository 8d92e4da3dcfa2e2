using System.Security.Cryptography;

namespace MLNet.Dispersion.Files;

/// <summary>Passes bytes through, forwards only, and counts and hashes them on the way. Not thread-safe.</summary>
/// <param name="inner">Where they come from or go to; it stays its owner's.</param>
public sealed class HashingStream(Stream inner) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _count;

    /// <inheritdoc/>
    public override bool CanRead => inner.CanRead;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => inner.CanWrite;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException("This stream runs forwards only; its length is not known.");

    /// <inheritdoc/>
    public override long Position
    {
        get => _count;
        set => throw new NotSupportedException("This stream runs forwards only.");
    }

    /// <summary>Gets the SHA-256 hash of all bytes since the last call; the next ones begin a new hash.</summary>
    public byte[] TakeHash() => _hash.GetHashAndReset();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int read = inner.Read(buffer);
        Passed(buffer[..read]);
        return read;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        Passed(buffer);
    }

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("This stream runs forwards only.");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("This stream runs forwards only.");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Passed(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        _count += bytes.Length;
    }
}

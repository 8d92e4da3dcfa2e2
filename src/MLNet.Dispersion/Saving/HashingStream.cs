using System.Security.Cryptography;

namespace MLNet.Dispersion;

/// <summary>Passes bytes through, forwards only, and counts and hashes them on the way. The inner stream stays its owner's.</summary>
internal sealed class HashingStream(Stream inner) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _count;

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException("This stream runs forwards only; its length is not known.");

    public override long Position
    {
        get => _count;
        set => throw new NotSupportedException("This stream runs forwards only.");
    }

    /// <summary>The hash of all bytes so far; the count starts anew.</summary>
    internal byte[] TakeHash() => _hash.GetHashAndReset();

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read = inner.Read(buffer);
        Passed(buffer[..read]);
        return read;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        Passed(buffer);
    }

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("This stream runs forwards only.");

    public override void SetLength(long value) => throw new NotSupportedException("This stream runs forwards only.");

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

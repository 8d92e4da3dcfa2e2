using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The weights of a GGUF file as the bytes of a safetensors file, which are made when they are read: one tensor is in memory at a time, and what is passed over is not made at all.</summary>
internal sealed class GgufStream : Stream
{
    private const long ChunkValues = 1 << 22;

    private readonly GgufWeights _weights;
    private readonly GgufReader _reader;
    private readonly byte[] _header;

    // Where the bytes of each tensor begin, and where the last one's end.
    private readonly long[] _starts;
    private Tensor? _values;
    private int _current = -1;

    /// <param name="weights">The tensors.</param>
    /// <param name="reader">Reads the file; can seek.</param>
    internal GgufStream(GgufWeights weights, GgufReader reader)
    {
        (_weights, _reader, _header) = (weights, reader, weights.Header());
        _starts = new long[weights.Counts.Count + 1];
        _starts[0] = _header.Length;
        foreach (var (index, count) in weights.Counts.Index())
        {
            _starts[index + 1] = _starts[index] + (count * sizeof(float));
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => _starts[^1];

    /// <inheritdoc/>
    public override long Position { get; set; }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (Position >= Length || buffer.IsEmpty)
        {
            return 0;
        }

        int count = Position < _header.Length ? Copy(_header.AsSpan((int)Position), buffer) : ReadValues(buffer);
        Position += count;
        return count;
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Current => Position,
        SeekOrigin.End => Length,
        _ => 0,
    };

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _values?.Dispose();
        }

        base.Dispose(disposing);
    }

    private static int Copy(ReadOnlySpan<byte> from, Span<byte> to)
    {
        int count = Math.Min(from.Length, to.Length);
        from[..count].CopyTo(to);
        return count;
    }

    private int ReadValues(Span<byte> buffer)
    {
        int found = Array.BinarySearch(_starts, Position);
        int index = found < 0 ? ~found - 1 : found;

        // Tensors without values begin where the next one does.
        while (_starts[index + 1] == Position)
        {
            index++;
        }

        if (index != _current)
        {
            _values?.Dispose();
            _values = null;
            _values = _weights.Values(_reader, index);
            _current = index;
        }

        using var scope = NewDisposeScope();
        (long first, long within) = Math.DivRem(Position - _starts[index], sizeof(float));
        long count = Math.Min(ChunkValues, _values!.numel() - first);
        return Copy(_values.view(-1).narrow(0, first, count).bytes[(int)within..], buffer);
    }
}

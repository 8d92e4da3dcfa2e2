using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Reads a GGUF file from a stream, forwards only: metadata when it is made, then one tensor after the other in the order in which they lie in the file.</summary>
/// <remarks>The stream stays the caller's. Not thread-safe. Values come out in float32, whatever they were stored as; memory is taken for one tensor and a chunk of its bytes.</remarks>
internal sealed class GgufReader
{
    private const int ChunkValues = 1 << 18;

    private readonly Stream _stream;
    private readonly GgufHeader? _header;
    private long _position = -1;

    /// <exception cref="ModelFileException">The file is cut off, damaged, or describes something impossible.</exception>
    internal GgufReader(Stream stream, string file)
    {
        _stream = stream;
        File = file;
        _header = GgufHeader.Read(stream, file);
        DataStart = _header.DataStart;
    }

    /// <summary>Reads the tensors of a file whose metadata were read before: they need not be read again.</summary>
    /// <param name="stream">The file; can seek.</param>
    /// <param name="file">What to call it in messages.</param>
    /// <param name="dataStart">Where the data begin.</param>
    internal GgufReader(Stream stream, string file, long dataStart)
    {
        _stream = stream;
        File = file;
        DataStart = dataStart;
    }

    /// <summary>What the file is called in messages.</summary>
    internal string File { get; }

    /// <summary>The metadata.</summary>
    internal IReadOnlyDictionary<string, GgufValue> Values => _header?.Values ?? throw Unread();

    /// <summary>All tensors, in file order.</summary>
    internal IReadOnlyList<GgufEntry> Entries => _header?.Entries ?? throw Unread();

    /// <summary>Where the data begin.</summary>
    internal long DataStart { get; }

    /// <summary>Reads a tensor's values; those of the ones before it that were not asked for are passed over.</summary>
    /// <param name="entry">One of <see cref="Entries"/>, not before the last one that was read.</param>
    /// <returns>A new float32 tensor on the CPU, which belongs to the current dispose scope or else to the caller.</returns>
    /// <exception cref="ModelFileException">The file is cut off, or the tensor does not fit in memory.</exception>
    internal Tensor Read(GgufEntry entry)
    {
        Tensor tensor = Allocate(entry, entry.Shape, ScalarType.Float32);
        try
        {
            long at = 0;
            ReadValues(entry, values =>
            {
                using Tensor part = tensor.view(-1).narrow(0, at, values.Length);
                values.CopyTo(MemoryMarshal.Cast<byte, float>(part.bytes));
                at += values.Length;
            });
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Reads a matrix's blocks as they are.</summary>
    /// <param name="entry">One of <see cref="Entries"/>, a matrix.</param>
    /// <returns>A new tensor of bytes on the CPU, a row for each of the matrix, which belongs to the current dispose scope or else to the caller.</returns>
    /// <exception cref="ModelFileException">The file is cut off, or the tensor does not fit in memory.</exception>
    internal Tensor ReadBlocks(GgufEntry entry)
    {
        Tensor tensor = Allocate(entry, [entry.Shape[0], entry.ByteLength / entry.Shape[0]], ScalarType.Byte);
        try
        {
            MoveTo(entry);
            TensorBytes.Fill(tensor, ScalarType.Byte, bytes => SourceStream.ReadExactly(_stream, bytes, File, "its values", entry.Name));
            _position = entry.Offset + entry.ByteLength;
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Receives a chunk of values.</summary>
    internal delegate void ValuesAction(ReadOnlySpan<float> values);

    /// <summary>Reads a tensor's values in chunks, row-major.</summary>
    internal void ReadValues(GgufEntry entry, ValuesAction receive)
    {
        MoveTo(entry);
        int size = GgufBlocks.Size(entry.Type);
        int step = GgufBlocks.Bytes(entry.Type);
        float[] values = new float[(int)Math.Min(entry.Count, ChunkValues)];
        byte[] bytes = new byte[values.Length / size * step];
        for (long left = entry.Count; left > 0;)
        {
            int count = (int)Math.Min(left, values.Length);
            Span<byte> part = bytes.AsSpan(0, count / size * step);
            SourceStream.ReadExactly(_stream, part, File, "its values", entry.Name);
            GgufBlocks.Decode(entry.Type, part, values.AsSpan(0, count));
            receive(values.AsSpan(0, count));
            left -= count;
        }

        _position = entry.Offset + entry.ByteLength;
    }

    private Tensor Allocate(GgufEntry entry, long[] shape, ScalarType type)
    {
        try
        {
            return empty(shape, type);
        }
        catch (Exception e) when (e is ExternalException or OutOfMemoryException)
        {
            throw new ModelFileException(File, $"There is no memory for {Printable.Shape(shape)} of {(type == ScalarType.Byte ? "bytes" : "float32")}.", Printable.Name(entry.Name), e);
        }
    }

    private static InvalidOperationException Unread() => new("The metadata were not read by this reader.");

    private void MoveTo(GgufEntry entry)
    {
        if (_stream.CanSeek)
        {
            _stream.Position = DataStart + entry.Offset;
            return;
        }

        if (_position < 0)
        {
            // The header ended before a multiple of the alignment.
            SourceStream.Skip(_stream, _header!.Padding, File, entry.Name);
            _position = 0;
        }

        if (entry.Offset < _position)
        {
            throw new InvalidOperationException($"Tensor '{entry.Name}' lies before the last one that was read, and the stream cannot go back.");
        }

        SourceStream.Skip(_stream, entry.Offset - _position, File, entry.Name);
    }
}

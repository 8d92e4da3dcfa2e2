using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Reads a safetensors file from a stream, forwards only, one tensor after the other in the order in which they lie in the file.</summary>
/// <remarks>
/// The header is read and checked when the reader is made: names, number types, shapes and offsets, without gap or overlap. Values go in chunks
/// straight into tensor memory, so files of any size work. The stream stays the caller's. Not thread-safe.
/// </remarks>
public sealed class SafetensorsReader
{
    private readonly Stream _stream;
    private readonly SafetensorsHeader _header;
    private int _next;
    private SafetensorsEntry? _unread;

    /// <summary>Reads and checks the header.</summary>
    /// <param name="stream">The file's bytes, at their beginning; only read forwards.</param>
    /// <param name="file">What to call the file in messages.</param>
    /// <exception cref="ModelFileException">The header is damaged or describes something impossible, or the file is truncated.</exception>
    public SafetensorsReader(Stream stream, string file)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(file);
        _stream = stream;
        File = file;
        _header = SafetensorsHeader.Read(stream, file);
    }

    /// <summary>What the file is called in messages.</summary>
    public string File { get; }

    /// <summary>All tensors, in file order.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _header.Entries;

    /// <summary>The free-form texts of the header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Goes on to the next tensor; the values of the one before are skipped if they were not read.</summary>
    /// <returns>The tensor that <see cref="Read"/> or <see cref="CopyTo"/> will give, or null after the last.</returns>
    /// <exception cref="ModelFileException">The file is truncated, or goes on after its last tensor.</exception>
    public SafetensorsEntry? MoveNext()
    {
        if (_unread is not null)
        {
            SourceStream.Skip(_stream, _unread.ByteLength, File, _unread.Name);
            _unread = null;
        }

        if (_next < Entries.Count)
        {
            return _unread = Entries[_next++];
        }

        if (_stream.ReadByte() >= 0)
        {
            throw new ModelFileException(File, "The file goes on after its last tensor. It is damaged: fetch or write it again.");
        }

        return null;
    }

    /// <summary>The current tensor's values as a new tensor on the CPU, which belongs to the current dispose scope or else to the caller.</summary>
    /// <param name="type">The wanted number type; null for the stored one.</param>
    /// <exception cref="InvalidOperationException">There is no current tensor, or it was read already.</exception>
    /// <exception cref="ModelFileException">The file is truncated, or the tensor does not fit in memory.</exception>
    public Tensor Read(ScalarType? type = null)
    {
        var entry = _unread ?? throw NothingToRead();
        var tensor = Allocate(entry, type ?? entry.DataType);
        try
        {
            CopyTo(tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Copies the current tensor's values into an existing tensor, converting to its number type and device.</summary>
    /// <param name="target">A contiguous tensor of the same shape.</param>
    /// <exception cref="InvalidOperationException">There is no current tensor, or it was read already.</exception>
    /// <exception cref="ArgumentException"><paramref name="target"/> is not contiguous.</exception>
    /// <exception cref="ModelFileException">The shapes differ, or the file is truncated.</exception>
    public void CopyTo(Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var entry = _unread ?? throw NothingToRead();
        if (!target.is_contiguous())
        {
            throw new ArgumentException("The target must be contiguous.", nameof(target));
        }

        if (!target.shape.AsSpan().SequenceEqual([.. entry.Shape]))
        {
            throw new ModelFileException(File, $"The file's shape is {Printable.Shape(entry.Shape)}, but {Printable.Shape(target.shape)} is needed.", Printable.Name(entry.Name));
        }

        // Whatever happens below, these bytes are used up.
        _unread = null;
        TensorBytes.Fill(target, entry.DataType, bytes => SourceStream.ReadExactly(_stream, bytes, File, "its values", entry.Name));
    }

    private Tensor Allocate(SafetensorsEntry entry, ScalarType type)
    {
        try
        {
            return empty([.. entry.Shape], type);
        }
        catch (Exception e) when (e is not ModelFileException)
        {
            throw new ModelFileException(File, $"There is no memory for {Printable.Shape(entry.Shape)} {type}.", Printable.Name(entry.Name), e);
        }
    }

    private static InvalidOperationException NothingToRead() => new("There is no current tensor to read: call MoveNext first, and read each tensor once.");
}

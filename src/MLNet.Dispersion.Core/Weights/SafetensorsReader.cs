using System.Buffers.Binary;
using System.Text.Json;
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

    /// <summary>Gets what the file is called in messages.</summary>
    public string File { get; }

    /// <summary>Gets all tensors, in file order.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _header.Entries;

    /// <summary>Gets the free-form texts of the header's <c>__metadata__</c>.</summary>
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

    /// <summary>Reads the current tensor's values as a new tensor on the CPU, which belongs to the current dispose scope or else to the caller.</summary>
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

/// <summary>Reads and checks the header of a safetensors file, so that everything after it can be trusted.</summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limit on the header.</summary>
    internal const long MaxHeaderBytes = 100_000_000;

    private const int MaxDimensions = 32;
    private const string Cure = "The file is damaged, or no safetensors file: fetch or write it again.";

    private readonly string _file;

    private SafetensorsHeader(string file) => _file = file;

    /// <summary>The tensors in the order in which their values lie in the file.</summary>
    internal List<SafetensorsEntry> Entries { get; private set; } = [];

    internal Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Bytes of all values together.</summary>
    internal long DataLength { get; private set; }

    internal static SafetensorsHeader Read(Stream stream, string file)
    {
        Span<byte> prefix = stackalloc byte[8];
        SourceStream.ReadExactly(stream, prefix, file, "the header's length");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length is 0 or > MaxHeaderBytes)
        {
            throw new ModelFileException(file, $"The header claims {length} bytes; it must have 1 to {MaxHeaderBytes}. {Cure}");
        }

        var header = new SafetensorsHeader(file);
        header.Parse(ReadJson(stream, (int)length, file));
        header.CheckFileLength(stream, (long)length + prefix.Length);
        return header;
    }

    // Grows with what is really there, so that a short file with a large claim costs nothing.
    private static byte[] ReadJson(Stream stream, int length, string file)
    {
        const int Step = 1 << 20;
        var json = new byte[Math.Min(length, Step)];
        int filled = 0;
        while (true)
        {
            SourceStream.ReadExactly(stream, json.AsSpan(filled), file, "the header");
            filled = json.Length;
            if (filled == length)
            {
                return json;
            }

            Array.Resize(ref json, (int)Math.Min(length, 2L * filled));
        }
    }

    // Not by JsonField: a header may have 100 MB, and its complaints name tensors.
    private void Parse(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (json[0] != (byte)'{' || document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Bad("The header is no JSON object.");
            }

            ReadEntries(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is no valid UTF-8 or UTF-16.
            throw new ModelFileException(_file, $"The header is no valid JSON. {Cure}", innerException: e);
        }

        CheckLayout();
    }

    private void ReadEntries(JsonElement root)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            if (!names.Add(property.Name))
            {
                throw Bad("The header lists it twice.", property.Name);
            }

            if (property.Name == "__metadata__")
            {
                ReadMetadata(property.Value);
            }
            else
            {
                Entries.Add(ReadEntry(property.Name, property.Value));
            }
        }
    }

    private void ReadMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Bad("The header's __metadata__ is no JSON object.");
        }

        foreach (var property in value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
            {
                throw Bad("The header's __metadata__ holds something that is no text.");
            }

            Metadata[property.Name] = property.Value.GetString()!;
        }
    }

    private SafetensorsEntry ReadEntry(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Bad("Its description is no JSON object.", name);
        }

        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            if (!fields.TryAdd(property.Name, property.Value))
            {
                throw Bad("Its description names a field twice.", name);
            }
        }

        string code = Field(fields, "dtype", JsonValueKind.String, name).GetString()!;
        if (!SafetensorsTypes.TryParse(code, out var type))
        {
            throw new ModelFileException(_file, $"Its dtype '{Printable.Name(code)}' is not supported; weights may be F32, F16, BF16 or F64, other tensors {SafetensorsTypes.Names}.", Printable.Name(name));
        }

        long[] shape = Numbers(Field(fields, "shape", JsonValueKind.Array, name), name, MaxDimensions);
        long[] offsets = Numbers(Field(fields, "data_offsets", JsonValueKind.Array, name), name, 2);
        long length = ByteLength(shape, SafetensorsTypes.SizeOf(type), name);
        if (offsets.Length != 2 || offsets[1] < offsets[0] || offsets[1] - offsets[0] != length)
        {
            throw Bad($"Its data_offsets do not span the {length} bytes that {code} {Printable.Shape(shape)} takes.", name);
        }

        return new SafetensorsEntry(name, type, shape, offsets[0], length);
    }

    private JsonElement Field(Dictionary<string, JsonElement> fields, string field, JsonValueKind kind, string name) =>
        fields.TryGetValue(field, out var value) && value.ValueKind == kind
            ? value
            : throw Bad($"Its description has no proper '{field}'.", name);

    private long[] Numbers(JsonElement array, string name, int limit)
    {
        if (array.GetArrayLength() > limit)
        {
            throw Bad($"Its description holds a list of {array.GetArrayLength()} numbers where at most {limit} are allowed.", name);
        }

        var numbers = new List<long>();
        foreach (var element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out long number) || number < 0)
            {
                throw Bad("Its sizes and offsets must be whole numbers from 0 to 2^63 - 1.", name);
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    private long ByteLength(long[] shape, int elementSize, string name)
    {
        try
        {
            // A size of 0 makes the tensor empty, but the other sizes must still be ones that torch can represent.
            long largest = shape.Aggregate((long)elementSize, (product, size) => checked(product * Math.Max(size, 1)));
            return shape.Contains(0) ? 0 : largest;
        }
        catch (OverflowException)
        {
            throw Bad($"Its shape {Printable.Shape(shape)} is too large to exist.", name);
        }
    }

    private void CheckLayout()
    {
        Entries = [.. Entries.OrderBy(e => e.Offset).ThenBy(e => e.ByteLength)];
        foreach (var entry in Entries)
        {
            if (entry.Offset != DataLength)
            {
                string what = entry.Offset > DataLength ? "unused bytes lie before it" : "it overlaps another tensor";
                throw Bad($"Its values begin at byte {entry.Offset}, where {DataLength} was due: {what}.", entry.Name);
            }

            DataLength += entry.ByteLength;
        }
    }

    private void CheckFileLength(Stream stream, long dataStart)
    {
        if (stream.CanSeek && stream.Length - stream.Position != DataLength)
        {
            throw Bad($"The header describes {DataLength} bytes of tensors after byte {dataStart}, but {stream.Length - stream.Position} are there.");
        }
    }

    private ModelFileException Bad(string problem, string? tensor = null) =>
        new(_file, $"{problem} {Cure}", tensor is null ? null : Printable.Name(tensor));
}

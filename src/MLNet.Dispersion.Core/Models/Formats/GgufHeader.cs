using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace MLNet.Dispersion.Models;

/// <summary>A value of GGUF's metadata.</summary>
/// <param name="Type">0..12: u8 i8 u16 i16 u32 i32 f32 bool string array u64 i64 f64; of an array that of its elements.</param>
/// <param name="IsArray">Whether it is an array.</param>
/// <param name="Value">A long (ulong for u64 beyond), double, bool or string; of an array a .NET array of exactly its elements' type, such as <c>byte[]</c> or <c>string[]</c>.</param>
internal sealed record GgufValue(uint Type, bool IsArray, object Value);

/// <summary>One tensor of a GGUF file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="Shape">Its sizes as PyTorch says them, outermost first: the file has them the other way round.</param>
/// <param name="Offset">Where its bytes begin, from the beginning of the data.</param>
/// <param name="ByteLength">Its bytes.</param>
internal sealed record GgufEntry(string Name, GgufType Type, long[] Shape, long Offset, long ByteLength)
{
    /// <summary>Its values.</summary>
    internal long Count => ByteLength / GgufBlocks.Bytes(Type) * GgufBlocks.Size(Type);
}

/// <summary>Reads and checks what stands before the data of a GGUF file, so that everything after it can be trusted.</summary>
/// <remarks>A sparse file holds as many bytes as it likes, so that its length limits nothing: what is read has limits of its own, far above what the largest models need.</remarks>
internal sealed class GgufHeader
{
    /// <summary>GGUF, the first four bytes.</summary>
    internal const uint Magic = 0x46554747;

    /// <summary>What tensors begin at a multiple of, where the file does not say.</summary>
    internal const int UsualAlignment = 32;

    private const int MaxDimensions = 4;
    private const int MaxNameBytes = 63;
    private const int MaxAlignment = 1 << 20;

    // The format's own limit of keys; the longest texts are chat templates, the longest arrays a vocabulary's tokens and merges, 2^20 at most so far.
    private const int MaxKeyBytes = (1 << 16) - 1;
    private const int MaxTextBytes = 1 << 24;
    private const int MaxElements = 1 << 22;
    private const int MaxKeys = 1 << 16;
    private const int MaxTensors = 1 << 20;
    private const int MaxMetadataBytes = 1 << 28;
    private const string Cure = "The file is damaged, or no GGUF file: fetch or convert it again.";
    private const uint StringType = 8;
    private const uint ArrayType = 9;

    private readonly Stream _stream;
    private readonly string _file;
    private byte[] _text = new byte[1 << 10];
    private long _position;

    private GgufHeader(Stream stream, string file)
    {
        _stream = stream;
        _file = file;
    }

    /// <summary>The metadata.</summary>
    internal Dictionary<string, GgufValue> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>The tensors, in the order in which their values lie in the file.</summary>
    internal List<GgufEntry> Entries { get; } = [];

    /// <summary>Where the data begin, from the beginning of the file.</summary>
    internal long DataStart { get; private set; }

    /// <summary>The zero bytes between the descriptions and the data.</summary>
    internal long Padding => DataStart - _position;

    /// <exception cref="ModelFileException">The file is cut off, damaged, or describes something impossible.</exception>
    internal static GgufHeader Read(Stream stream, string file)
    {
        var header = new GgufHeader(stream, file);
        header.Read();
        return header;
    }

    private void Read()
    {
        uint magic = (uint)Number(4, "the first four bytes");
        if (magic != Magic)
        {
            throw Wrong($"It does not begin with GGUF. {Cure}");
        }

        uint version = (uint)Number(4, "the version");
        if (version is not (2 or 3))
        {
            string why = BinaryPrimitives.ReverseEndianness(version) is 2 or 3 ? ": its numbers are big-endian" : "";
            throw Wrong($"It is of version {version}{why}; versions 2 and 3, little-endian, are read. Convert the model again.");
        }

        ulong tensors = Number(8, "the number of tensors");
        ulong keys = Number(8, "the number of keys");
        // A tensor's description takes 24 bytes at least, a key's 13: what a file can hold at all.
        RequireRoom(tensors, 24, "tensors", MaxTensors);
        RequireRoom(keys, 13, "keys", MaxKeys);
        for (ulong i = 0; i < keys; i++)
        {
            string key = Text($"key {i}", MaxKeyBytes);
            if (key.Length == 0)
            {
                throw Wrong($"Key {i} is empty. {Cure}");
            }

            if (!Values.TryAdd(key, Value(key)))
            {
                throw Wrong($"The key '{Printable.Name(key)}' is there twice. {Cure}");
            }
        }

        int alignment = Alignment();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (ulong i = 0; i < tensors; i++)
        {
            GgufEntry entry = Entry(alignment);
            if (!names.Add(entry.Name))
            {
                throw Wrong($"Two tensors have this name. {Cure}", entry.Name);
            }

            Entries.Add(entry);
        }

        DataStart = (_position + alignment - 1) / alignment * alignment;
        CheckData(alignment);
    }

    private GgufEntry Entry(int alignment)
    {
        string name = Text($"the name of tensor {Entries.Count}", MaxKeyBytes);
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
        {
            throw Wrong($"A tensor's name has {Encoding.UTF8.GetByteCount(name)} bytes; it must have from 1 to {MaxNameBytes}. {Cure}", name.Length == 0 ? null : name);
        }

        uint dimensions = (uint)Number(4, "a tensor's number of dimensions");
        if (dimensions is 0 or > MaxDimensions)
        {
            throw Wrong($"It has {dimensions} dimensions; it must have from 1 to {MaxDimensions}. {Cure}", name);
        }

        var shape = new long[dimensions];
        BigInteger count = 1;
        for (uint i = 0; i < dimensions; i++)
        {
            ulong size = Number(8, "a tensor's shape");
            count *= size;
            if (size is 0 or > long.MaxValue || count > long.MaxValue / 8)
            {
                throw Wrong(string.Create(CultureInfo.InvariantCulture, $"Dimension {i} is {size}, which makes {count} values. {Cure}"), name);
            }

            shape[dimensions - 1 - i] = (long)size;
        }

        uint code = (uint)Number(4, "a tensor's type");
        var type = (GgufType)code;
        if (!Enum.IsDefined(type))
        {
            throw Wrong($"Its values are stored as type {code}; {GgufBlocks.Names} are read. Convert the model to one of them, such as Q8_0.", name);
        }

        int block = GgufBlocks.Size(type);
        if (shape[^1] % block != 0)
        {
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"Its rows have {shape[^1]} values, which is no multiple of {block}, the block of {type}. {Cure}"), name);
        }

        ulong offset = Number(8, "a tensor's offset");
        if (offset > long.MaxValue / 2 || offset % (ulong)alignment != 0)
        {
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"Its values begin at byte {offset} of the data, which is impossible or no multiple of the alignment, {alignment}. {Cure}"), name);
        }

        return new GgufEntry(name, type, shape, (long)offset, (long)count / block * GgufBlocks.Bytes(type));
    }

    private void CheckData(int alignment)
    {
        Entries.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        long end = 0;
        foreach (GgufEntry entry in Entries)
        {
            if (entry.Offset < end)
            {
                throw Wrong($"Its values overlap those of another tensor. {Cure}", entry.Name);
            }

            if (entry.Offset > (end + alignment - 1) / alignment * alignment)
            {
                throw Wrong($"There is a hole in the data before it. {Cure}", entry.Name);
            }

            end = entry.Offset + entry.ByteLength;
        }

        if (_stream.CanSeek && Entries.Count > 0 && DataStart + end > _stream.Length)
        {
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"The file has {_stream.Length} bytes, but its tensors end at byte {DataStart + end}: it is cut off. Fetch it again."));
        }
    }

    private int Alignment()
    {
        const string key = "general.alignment";
        if (!Values.TryGetValue(key, out GgufValue? value))
        {
            return UsualAlignment;
        }

        return value is { IsArray: false, Type: 4, Value: long alignment } && alignment is > 0 and <= MaxAlignment && BitOperations.IsPow2(alignment)
            ? (int)alignment
            : throw Wrong($"{key} is {(value.IsArray ? "an array" : value.Value)}; it must be a u32, a power of two, {MaxAlignment} at most. {Cure}");
    }

    private GgufValue Value(string key)
    {
        uint type = (uint)Number(4, $"the type of '{Printable.Name(key)}'");
        if (type != ArrayType)
        {
            return new GgufValue(type, false, Scalar(type, key));
        }

        uint element = (uint)Number(4, $"the element type of '{Printable.Name(key)}'");
        ulong count = Number(8, $"the length of '{Printable.Name(key)}'");
        if (element == ArrayType)
        {
            throw Wrong($"The key '{Printable.Name(key)}' is an array of arrays, which the format does not have. {Cure}");
        }

        RequireRoom(count, element == StringType ? 8 : SizeOf(element, key), $"elements of '{Printable.Name(key)}'", MaxElements);
        return new GgufValue(element, true, Elements(element, (int)count, key));
    }

    // As typed arrays: in a list of objects a byte takes 32.
    private Array Elements(uint type, int count, string key) => type switch
    {
        0 => Numbers<byte>(count, key),
        1 => Numbers<sbyte>(count, key),
        2 => Numbers<ushort>(count, key),
        3 => Numbers<short>(count, key),
        4 => Numbers<uint>(count, key),
        5 => Numbers<int>(count, key),
        6 => Numbers<float>(count, key),
        7 => Array.ConvertAll(Numbers<byte>(count, key), flag => Flag(flag, key)),
        10 => Numbers<ulong>(count, key),
        11 => Numbers<long>(count, key),
        12 => Numbers<double>(count, key),
        _ => Texts(count, key),
    };

    private T[] Numbers<T>(int count, string key)
        where T : unmanaged
    {
        T[] values = new T[count];
        Fill(MemoryMarshal.AsBytes(values.AsSpan()), $"the value of '{Printable.Name(key)}'");
        return values;
    }

    private string[] Texts(int count, string key)
    {
        var texts = new List<string>();
        string what = $"the value of '{Printable.Name(key)}'";
        for (int i = 0; i < count; i++)
        {
            texts.Add(Text(what, MaxTextBytes));
        }

        return [.. texts];
    }

    private bool Flag(ulong bits, string key) => bits <= 1 ? bits == 1 : throw Wrong($"The key '{Printable.Name(key)}' is a truth value of {bits}; it must be 0 or 1. {Cure}");

    private object Scalar(uint type, string key)
    {
        if (type == StringType)
        {
            return Text($"the value of '{Printable.Name(key)}'", MaxTextBytes);
        }

        ulong bits = Number(SizeOf(type, key), $"the value of '{Printable.Name(key)}'");
        return type switch
        {
            1 => (long)(sbyte)bits,
            3 => (long)(short)bits,
            5 => (long)(int)bits,
            6 => (double)BitConverter.UInt32BitsToSingle((uint)bits),
            7 => Flag(bits, key),
            10 when bits > long.MaxValue => bits,
            12 => BitConverter.UInt64BitsToDouble(bits),
            _ => (long)bits,
        };
    }

    private int SizeOf(uint type, string key) => type switch
    {
        0 or 1 or 7 => 1,
        2 or 3 => 2,
        4 or 5 or 6 => 4,
        10 or 11 or 12 => 8,
        _ => throw Wrong($"The key '{Printable.Name(key)}' has a value of type {type}; the format has the types 0 to 12. {Cure}"),
    };

    private string Text(string what, int most)
    {
        int length = (int)RequireRoom(Number(8, what), 1, $"bytes of {what}", most);
        if (length > _text.Length)
        {
            _text = new byte[length];
        }

        Span<byte> bytes = _text.AsSpan(0, length);
        Fill(bytes, what);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFileException(_file, $"{char.ToUpperInvariant(what[0])}{what[1..]} is no UTF-8. {Cure}", innerException: e);
        }
    }

    private static UTF8Encoding StrictUtf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ulong Number(int bytes, string what)
    {
        Span<byte> buffer = stackalloc byte[8];
        buffer.Clear();
        Fill(buffer[..bytes], what);
        return BinaryPrimitives.ReadUInt64LittleEndian(buffer);
    }

    private void Fill(Span<byte> buffer, string what)
    {
        if (_position + buffer.Length > MaxMetadataBytes)
        {
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"What stands before its tensors' values goes on beyond byte {_position}, in {what}; it may have {MaxMetadataBytes} bytes. {Cure}"));
        }

        SourceStream.ReadExactly(_stream, buffer, _file, what);
        _position += buffer.Length;
    }

    private ulong RequireRoom(ulong count, int bytesEach, string what, int most)
    {
        long room = _stream.CanSeek ? _stream.Length - _position : int.MaxValue;
        return count > (ulong)Math.Max(0, room) / (ulong)bytesEach
            ? throw Wrong(string.Create(CultureInfo.InvariantCulture, $"It announces {count} {what}, more than the file can hold. {Cure}"))
            : count <= (ulong)most ? count
            : throw Wrong(string.Create(CultureInfo.InvariantCulture, $"It announces {count} {what}, at byte {_position}; {most} are allowed. {Cure}"));
    }

    private ModelFileException Wrong(string problem, string? tensor = null) => new(_file, problem, tensor is null ? null : Printable.Name(tensor));
}

using System.Buffers.Binary;
using System.Text;

namespace MLNet.Dispersion.Build;

/// <summary>
/// A bounds-checked view of a 64-bit little-endian ELF file: its dynamic section and the mapping of addresses to file
/// offsets. Only program headers are used, as the loader does, so files without section headers work too.
/// </summary>
internal readonly ref struct ElfImage
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int DynamicEntrySize = 16;
    private const int MaximumNameLength = 4096;
    private const uint SegmentLoad = 1;
    private const uint SegmentDynamic = 2;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Dictionary<ulong, ulong> _dynamic = [];
    private readonly List<(ulong Address, ulong Offset, ulong Size)> _segments = [];

    /// <summary>Reads the program headers and the dynamic section.</summary>
    /// <exception cref="InvalidDataException">The file is no 64-bit little-endian ELF file, or is damaged.</exception>
    public ElfImage(ReadOnlySpan<byte> bytes)
    {
        if (!IsElf64LittleEndian(bytes))
        {
            throw new InvalidDataException("not a 64-bit little-endian ELF file");
        }

        _bytes = bytes;
        ReadProgramHeaders();
    }

    /// <summary>Gets the processor the file is made for (e_machine).</summary>
    public ushort Machine => UInt16(18);

    /// <summary>Whether the bytes begin like a 64-bit little-endian ELF file.</summary>
    public static bool IsElf64LittleEndian(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderSize && bytes.StartsWith("\u007fELF"u8) && bytes[4] == 2 && bytes[5] == 1;

    /// <summary>The value of an entry of the dynamic section, if there is one.</summary>
    public bool TryGetDynamic(ulong tag, out ulong value) => _dynamic.TryGetValue(tag, out value);

    /// <summary>The value of an entry of the dynamic section that the file cannot do without.</summary>
    public ulong Dynamic(ulong tag, string name) =>
        _dynamic.TryGetValue(tag, out ulong value) ? value : throw new InvalidDataException($"the dynamic section has no {name}");

    /// <summary>The file offset at which the loader finds what it maps to <paramref name="address"/>.</summary>
    public ulong OffsetOf(ulong address, string what)
    {
        foreach ((ulong start, ulong offset, ulong size) in _segments)
        {
            if (address >= start && address - start < size)
            {
                return checked(offset + (address - start));
            }
        }

        throw new InvalidDataException($"{what} at address 0x{address:x} lies outside the file's segments");
    }

    /// <summary>Reads 16 bits.</summary>
    public ushort UInt16(ulong offset) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(offset, 2));

    /// <summary>Reads 32 bits.</summary>
    public uint UInt32(ulong offset) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(offset, 4));

    /// <summary>Reads a name that ends with a zero byte.</summary>
    public string Name(ulong offset)
    {
        ReadOnlySpan<byte> rest = offset < (ulong)_bytes.Length ? _bytes[(int)offset..] : [];
        int length = rest[..Math.Min(rest.Length, MaximumNameLength)].IndexOf((byte)0);
        return length >= 0
            ? Encoding.UTF8.GetString(rest[..length])
            : throw new InvalidDataException($"the name at offset 0x{offset:x} has no end within the file");
    }

    private ReadOnlySpan<byte> Slice(ulong offset, int count) =>
        offset <= (ulong)_bytes.Length && (ulong)count <= (ulong)_bytes.Length - offset
            ? _bytes.Slice((int)offset, count)
            : throw new InvalidDataException($"the file ends before offset 0x{offset:x} ({_bytes.Length} bytes)");

    private ulong UInt64(ulong offset) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(offset, 8));

    private void ReadProgramHeaders()
    {
        ulong table = UInt64(32);
        ushort size = UInt16(54);
        ushort count = UInt16(56);
        if (count > 0 && size < ProgramHeaderSize)
        {
            throw new InvalidDataException($"program headers of {size} bytes, {ProgramHeaderSize} expected");
        }

        (ulong Offset, ulong Size)? dynamic = null;
        for (ulong i = 0; i < count; i++)
        {
            ulong at = checked(table + (i * size));
            uint type = UInt32(at);
            if (type == SegmentLoad)
            {
                _segments.Add((UInt64(at + 16), UInt64(at + 8), UInt64(at + 32)));
            }
            else if (type == SegmentDynamic)
            {
                dynamic = (UInt64(at + 8), UInt64(at + 32));
            }
        }

        if (dynamic is { } section)
        {
            ReadDynamic(section.Offset, section.Size);
        }
    }

    private void ReadDynamic(ulong offset, ulong size)
    {
        for (ulong i = 0; i < size / DynamicEntrySize; i++)
        {
            ulong at = checked(offset + (i * DynamicEntrySize));
            ulong tag = UInt64(at);
            if (tag == 0)
            {
                return;
            }

            _dynamic.TryAdd(tag, UInt64(at + 8));
        }
    }
}

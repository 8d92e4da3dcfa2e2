using System.Buffers.Binary;
using System.Text;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>Writes a minimal shared library by hand, from the ELF specification: headers, dynamic section, symbols, version needs.</summary>
internal sealed class SyntheticElf
{
    /// <summary>What the file is mapped to, so that addresses and file offsets differ.</summary>
    public const ulong BaseAddress = 0x40_0000;

    private readonly List<byte> _strings = [0];
    private readonly List<(string Name, ushort Version)> _symbols = [];
    private readonly List<(string Library, List<(string Version, ushort Flags, ushort Index)> Versions)> _needs = [];
    private ushort _nextIndex = 2;

    /// <summary>Whether the symbols' number is told by DT_GNU_HASH (as today's linkers do) or by the older DT_HASH.</summary>
    public bool GnuHash { get; init; } = true;

    /// <summary>Adds a version need; each of <paramref name="symbols"/> becomes an import bound to it.</summary>
    public SyntheticElf Needs(string library, string version, ushort flags = 0, params string[] symbols)
    {
        ushort index = _nextIndex++;
        if (_needs.Count == 0 || _needs[^1].Library != library)
        {
            _needs.Add((library, []));
        }

        _needs[^1].Versions.Add((version, flags, index));
        _symbols.AddRange(symbols.Select(symbol => (symbol, index)));
        return this;
    }

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes()
    {
        const int afterHeaders = 64 + (2 * 56);
        byte[] versionNeeds = VersionNeeds();
        byte[] symbols = Symbols();
        byte[] symbolVersions = [.. new byte[2], .. _symbols.SelectMany(symbol => UInt16(symbol.Version))];
        byte[] hash = [.. UInt32(1), .. UInt32((uint)_symbols.Count + 1), .. new byte[8]];
        byte[][] parts = [symbols, symbolVersions, hash, versionNeeds, [.. _strings]];
        int[] offsets = new int[parts.Length];
        int end = afterHeaders;
        for (int i = 0; i < parts.Length; end += parts[i].Length, i++)
        {
            offsets[i] = end;
        }

        byte[] dynamic = Dynamic(offsets);
        return [.. Header(end, dynamic.Length), .. parts.SelectMany(part => part), .. dynamic];
    }

    private static byte[] Header(int dynamicOffset, int dynamicSize)
    {
        byte[] identity = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, .. new byte[9]];
        byte[] file =
        [
            .. identity, .. UInt16(3), .. UInt16(62), .. UInt32(1), .. UInt64(0), .. UInt64(64), .. UInt64(0), .. UInt32(0),
            .. UInt16(64), .. UInt16(56), .. UInt16(2), .. UInt16(0), .. UInt16(0), .. UInt16(0),
        ];
        ulong size = (ulong)(dynamicOffset + dynamicSize);
        return [.. file, .. Segment(1, 0, size), .. Segment(2, (ulong)dynamicOffset, (ulong)dynamicSize)];
    }

    private static byte[] Segment(uint type, ulong offset, ulong size) =>
    [
        .. UInt32(type), .. UInt32(4), .. UInt64(offset), .. UInt64(BaseAddress + offset), .. UInt64(0),
        .. UInt64(size), .. UInt64(size), .. UInt64(8),
    ];

    private byte[] Dynamic(int[] offsets)
    {
        (ulong Tag, ulong Value)[] entries =
        [
            (6, Address(offsets[0])), (0x6ffffff0, Address(offsets[1])), (GnuHash ? 0x6ffffef5ul : 4, Address(offsets[2])),
            (0x6ffffffe, Address(offsets[3])), (0x6fffffff, (ulong)_needs.Count), (5, Address(offsets[4])), (0, 0),
        ];
        return [.. entries.SelectMany(entry => (byte[])[.. UInt64(entry.Tag), .. UInt64(entry.Value)])];

        static ulong Address(int offset) => BaseAddress + (ulong)offset;
    }

    private byte[] Symbols() =>
        [.. new byte[24], .. _symbols.SelectMany(symbol => (byte[])[.. UInt32(Intern(symbol.Name)), .. new byte[20]])];

    private byte[] VersionNeeds()
    {
        var bytes = new List<byte>();
        for (int i = 0; i < _needs.Count; i++)
        {
            (string library, List<(string Version, ushort Flags, ushort Index)> versions) = _needs[i];
            uint next = i + 1 < _needs.Count ? (uint)(16 + (16 * versions.Count)) : 0;
            bytes.AddRange([.. UInt16(1), .. UInt16((ushort)versions.Count), .. UInt32(Intern(library)), .. UInt32(16), .. UInt32(next)]);
            for (int j = 0; j < versions.Count; j++)
            {
                (string version, ushort flags, ushort index) = versions[j];
                uint nextVersion = j + 1 < versions.Count ? 16u : 0;
                bytes.AddRange(
                    [.. UInt32(0), .. UInt16(flags), .. UInt16(index), .. UInt32(Intern(version)), .. UInt32(nextVersion)]);
            }
        }

        return [.. bytes];
    }

    private uint Intern(string text)
    {
        int offset = _strings.Count;
        _strings.AddRange([.. Encoding.UTF8.GetBytes(text), 0]);
        return (uint)offset;
    }

    private static byte[] UInt16(ushort value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] UInt32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] UInt64(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Build;

/// <summary>
/// Reads the symbol versions that a shared library asks of others, and marks one of them weak. Layout: the GNU symbol
/// versioning extension of the ELF specification (Verneed and Vernaux entries).
/// </summary>
internal static class ElfSymbolVersions
{
    private const ushort WeakFlag = 0x2;
    private const ulong TagHash = 4;
    private const ulong TagStringTable = 5;
    private const ulong TagSymbolTable = 6;
    private const ulong TagGnuHash = 0x6ffffef5;
    private const ulong TagVersionOfSymbol = 0x6ffffff0;
    private const ulong TagVersionNeed = 0x6ffffffe;
    private const ulong TagVersionNeedCount = 0x6fffffff;
    private const ulong SymbolSize = 24;
    private const int VersionIndexMask = 0x7fff;
    private const int MaximumNeeds = 1 << 15; // version indices have 15 bits

    /// <summary>Every symbol version that the file asks of other libraries; empty where it asks for none.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="InvalidDataException">The file is no 64-bit little-endian ELF file, or is damaged.</exception>
    public static IReadOnlyList<ElfVersionNeed> ReadNeeds(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var image = new ElfImage(bytes);
            return image.TryGetDynamic(TagVersionNeed, out ulong address) ? ReadNeeds(image, address) : [];
        }
        catch (OverflowException e)
        {
            throw new InvalidDataException("an offset in the file is out of range", e);
        }
    }

    /// <summary>Sets VER_FLG_WEAK on a version that <see cref="ReadNeeds(ReadOnlySpan{byte})"/> found in the same bytes.</summary>
    public static void MarkWeak(Span<byte> bytes, ElfVersionNeed need)
    {
        Span<byte> flags = bytes.Slice(need.FlagsOffset, sizeof(ushort));
        ushort old = BinaryPrimitives.ReadUInt16LittleEndian(flags);
        BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(old | WeakFlag));
    }

    private static List<ElfVersionNeed> ReadNeeds(ElfImage image, ulong address)
    {
        ulong strings = image.OffsetOf(image.Dynamic(TagStringTable, "DT_STRTAB"), "the string table");
        Dictionary<int, List<string>> symbols = ReadImportedSymbols(image, strings);
        ulong count = image.Dynamic(TagVersionNeedCount, "DT_VERNEEDNUM");
        var needs = new List<ElfVersionNeed>();
        ulong need = image.OffsetOf(address, "the version needs");
        for (ulong i = 0; i < count; i++)
        {
            string library = image.Name(checked(strings + image.UInt32(need + 4)));
            ReadAuxiliaries(image, strings, need, library, symbols, needs);
            uint next = image.UInt32(need + 12);
            if (next == 0)
            {
                break;
            }

            need = checked(need + next);
        }

        return needs;
    }

    private static void ReadAuxiliaries(
        ElfImage image, ulong strings, ulong need, string library, Dictionary<int, List<string>> symbols, List<ElfVersionNeed> needs)
    {
        ushort count = image.UInt16(need + 2);
        ulong at = checked(need + image.UInt32(need + 8));
        for (int i = 0; i < count; i++)
        {
            if (needs.Count == MaximumNeeds)
            {
                throw new InvalidDataException($"more than {MaximumNeeds} version needs");
            }

            ushort flags = image.UInt16(at + 4);
            int index = image.UInt16(at + 6) & VersionIndexMask;
            string version = image.Name(checked(strings + image.UInt32(at + 8)));
            needs.Add(new ElfVersionNeed(
                library, version, (flags & WeakFlag) != 0, symbols.GetValueOrDefault(index, []), checked((int)(at + 4))));
            uint next = image.UInt32(at + 12);
            if (next == 0)
            {
                break;
            }

            at = checked(at + next);
        }
    }

    /// <summary>The imported symbols by version index: which version each of them is bound to.</summary>
    private static Dictionary<int, List<string>> ReadImportedSymbols(ElfImage image, ulong strings)
    {
        ulong table = image.OffsetOf(image.Dynamic(TagSymbolTable, "DT_SYMTAB"), "the symbol table");
        ulong versions = image.OffsetOf(image.Dynamic(TagVersionOfSymbol, "DT_VERSYM"), "the symbols' versions");
        var symbols = new Dictionary<int, List<string>>();
        uint count = CountImportedSymbols(image);
        for (ulong i = 1; i < count; i++)
        {
            ulong symbol = checked(table + (i * SymbolSize));
            bool isImported = image.UInt16(symbol + 6) == 0;
            if (isImported)
            {
                int version = image.UInt16(checked(versions + (i * 2))) & VersionIndexMask;
                ref List<string>? names = ref CollectionsMarshal.GetValueRefOrAddDefault(symbols, version, out _);
                (names ??= []).Add(image.Name(checked(strings + image.UInt32(symbol))));
            }
        }

        return symbols;
    }

    /// <summary>An upper bound of the imported symbols' indices: a GNU hash table begins with the first exported one.</summary>
    private static uint CountImportedSymbols(ElfImage image)
    {
        if (image.TryGetDynamic(TagGnuHash, out ulong gnu))
        {
            return image.UInt32(image.OffsetOf(gnu, "the hash table") + 4);
        }

        ulong hash = image.OffsetOf(image.Dynamic(TagHash, "DT_GNU_HASH and no DT_HASH"), "the hash table");
        return image.UInt32(hash + 4);
    }
}

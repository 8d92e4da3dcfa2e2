using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace MLNet.Dispersion.Build;

/// <summary>
/// Makes a copy of an assembly in which <c>internal</c> reads <c>public</c>, to compile against. Only visibility bits
/// of the metadata change; code, private and protected members, and everything's place in the file stay.
/// </summary>
internal static class PublicisedAssembly
{
    private const int MethodFlagsOffset = 6; // behind RVA (4 bytes) and implementation flags (2 bytes)

    /// <summary>Returns a changed copy of the assembly file <paramref name="assembly"/>.</summary>
    /// <exception cref="BadImageFormatException">The bytes are no managed assembly.</exception>
    public static byte[] Create(byte[] assembly)
    {
        using var file = new PEReader(new MemoryStream(assembly, writable: false));
        if (!file.HasMetadata)
        {
            throw new BadImageFormatException("not a managed assembly: it has no metadata");
        }

        byte[] copy = [.. assembly];
        MetadataReader metadata = file.GetMetadataReader();
        int start = file.PEHeaders.MetadataStartOffset;
        ChangeFlags(copy, start, metadata, TableIndex.TypeDef, 0, (row, flags) =>
            IsCompilerSupplied(metadata, metadata.GetTypeDefinition(MetadataTokens.TypeDefinitionHandle(row))) ? flags : OpenType(flags));
        ChangeFlags(copy, start, metadata, TableIndex.MethodDef, MethodFlagsOffset, (_, flags) => OpenMember(flags));
        ChangeFlags(copy, start, metadata, TableIndex.Field, 0, (_, flags) => OpenMember(flags));
        return copy;
    }

    /// <summary>
    /// Whether the compiler put the type into the assembly (attributes such as NullableAttribute): public, it would clash
    /// with the framework's own.
    /// </summary>
    private static bool IsCompilerSupplied(MetadataReader metadata, TypeDefinition type)
    {
        string space = metadata.GetString(type.Namespace);
        return space == "Microsoft.CodeAnalysis"
            || space == "System"
            || space.StartsWith("System.", StringComparison.Ordinal)
            || metadata.GetString(type.Name).StartsWith('<');
    }

    private static ushort OpenType(ushort flags) => (TypeAttributes)(flags & (int)TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.NotPublic => (ushort)(flags | (int)TypeAttributes.Public),
        TypeAttributes.NestedAssembly => (ushort)((flags & ~(int)TypeAttributes.VisibilityMask) | (int)TypeAttributes.NestedPublic),
        _ => flags,
    };

    // Fields and methods have the same access values.
    private static ushort OpenMember(ushort flags) =>
        (MethodAttributes)(flags & (int)MethodAttributes.MemberAccessMask) == MethodAttributes.Assembly
            ? (ushort)((flags & ~(int)MethodAttributes.MemberAccessMask) | (int)MethodAttributes.Public)
            : flags;

    private static void ChangeFlags(
        byte[] copy, int start, MetadataReader metadata, TableIndex table, int offset, Func<int, ushort, ushort> change)
    {
        int first = start + metadata.GetTableMetadataOffset(table) + offset;
        int size = metadata.GetTableRowSize(table);
        for (int row = 1; row <= metadata.GetTableRowCount(table); row++)
        {
            Span<byte> flags = copy.AsSpan(first + ((row - 1) * size), sizeof(ushort));
            BinaryPrimitives.WriteUInt16LittleEndian(flags, change(row, BinaryPrimitives.ReadUInt16LittleEndian(flags)));
        }
    }
}

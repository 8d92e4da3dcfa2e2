using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>What an assembly's file says of itself.</summary>
/// <param name="Version">The id of what the compiler wrote (MVID).</param>
/// <param name="Symbols">The id of the symbols that belong to it.</param>
/// <param name="IsReadyToRun">Whether it holds code of a processor.</param>
/// <param name="Machine">The processor and the system that it is for.</param>
internal sealed record AssemblyImage(Guid Version, Guid Symbols, bool IsReadyToRun, Machine Machine)
{
    /// <summary>Reads the bytes of an assembly.</summary>
    public static AssemblyImage Read(byte[] bytes)
    {
        using var reader = new PEReader(ImmutableArray.Create(bytes));
        MetadataReader metadata = reader.GetMetadataReader();
        DebugDirectoryEntry symbols = reader.ReadDebugDirectory().Single(entry => entry.Type == DebugDirectoryEntryType.CodeView);
        return new AssemblyImage(
            metadata.GetGuid(metadata.GetModuleDefinition().Mvid),
            reader.ReadCodeViewDebugDirectoryData(symbols).Guid,
            reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0,
            reader.PEHeaders.CoffHeader.Machine);
    }
}

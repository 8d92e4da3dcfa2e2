using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace MLNet.Dispersion.House.Tests;

/// <summary>The debug symbols of an assembly: which files its types are written in.</summary>
internal sealed class Symbols : IDisposable
{
    // The compiler notes with it the file of a type without code, such as an interface or an enumeration.
    private static readonly Guid TypeDefinitionDocument = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");
    private readonly MetadataReaderProvider _provider;
    private readonly MetadataReader _symbols;

    /// <summary>Opens the portable pdb beside an assembly.</summary>
    internal Symbols(string assemblyFile)
    {
        _provider = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(Path.ChangeExtension(assemblyFile, ".pdb")));
        _symbols = _provider.GetMetadataReader();
    }

    /// <summary>The files of a type's methods, or, where it has none with code, that of its declaration.</summary>
    /// <param name="type">The type's row in its table.</param>
    /// <param name="methods">Its methods' rows, those of nested types included.</param>
    internal IEnumerable<string> FilesOf(uint type, IEnumerable<uint> methods)
    {
        foreach (uint method in methods)
        {
            var information = _symbols.GetMethodDebugInformation(MetadataTokens.MethodDebugInformationHandle((int)method));
            if (!information.Document.IsNil)
            {
                yield return Name(information.Document);
            }
            else if (!information.SequencePointsBlob.IsNil)
            {
                yield return Name(information.GetSequencePoints().First().Document);
            }
        }

        foreach (CustomDebugInformationHandle handle in _symbols.GetCustomDebugInformation(MetadataTokens.TypeDefinitionHandle((int)type)))
        {
            var information = _symbols.GetCustomDebugInformation(handle);
            if (_symbols.GetGuid(information.Kind) == TypeDefinitionDocument)
            {
                BlobReader value = _symbols.GetBlobReader(information.Value);
                yield return Name(MetadataTokens.DocumentHandle(value.ReadCompressedInteger()));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _provider.Dispose();

    private string Name(DocumentHandle document) => _symbols.GetString(_symbols.GetDocument(document).Name).Replace('\\', '/');
}

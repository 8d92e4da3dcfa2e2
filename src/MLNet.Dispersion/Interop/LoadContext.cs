using System.IO.Compression;
using System.Reflection;

namespace MLNet.Dispersion;

/// <summary>What ML.NET hands to a loader: an object of its internal type ModelLoadContext.</summary>
internal sealed class LoadContext
{
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private readonly object _context;
    private readonly MethodInfo _tryLoadBinaryStream;

    internal LoadContext(object context)
    {
        _context = context;
        Reader = context.GetType().GetField("Reader", Members)?.GetValue(context) as BinaryReader
            ?? throw MLNetInternals.Unsupported("ModelLoadContext.Reader");
        _tryLoadBinaryStream = context.GetType().GetMethod("TryLoadBinaryStream", Members, [typeof(string), typeof(Action<BinaryReader>)])
            ?? throw MLNetInternals.Unsupported("ModelLoadContext.TryLoadBinaryStream");
    }

    /// <summary>The reader of Model.key.</summary>
    internal BinaryReader Reader { get; }

    /// <summary>The length of an entry beside Model.key, as the zip's directory states it: looked at before ML.NET unpacks the entry. Null where this version of ML.NET does not let it be seen.</summary>
    internal long? LengthOf(string name)
    {
        object? repository = Field(_context, "Repository");
        if (repository is null || Field(repository, "_archive") is not ZipArchive archive || Field(_context, "Directory") is not string folder)
        {
            return null;
        }

        string path = Path.Combine(folder, name).Replace('\\', '/');
        return archive.Entries.FirstOrDefault(entry => entry.FullName.Replace('\\', '/').Equals(path, StringComparison.OrdinalIgnoreCase))?.Length;
    }

    /// <summary>Opens an entry beside Model.key; ML.NET unpacks it into a temporary file first.</summary>
    /// <returns>Whether there is such an entry.</returns>
    internal bool TryReadEntry(string name, Action<Stream> read)
    {
        Action<BinaryReader> withReader = reader => read(reader.BaseStream);
        return _tryLoadBinaryStream.Invoke(_context, BindingFlags.DoNotWrapExceptions, null, [name, withReader], null) is true;
    }

    private static object? Field(object of, string name) => of.GetType().GetField(name, Members)?.GetValue(of);
}

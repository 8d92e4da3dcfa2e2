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

    /// <summary>Opens an entry beside Model.key; ML.NET unpacks it into a temporary file first.</summary>
    /// <returns>Whether there is such an entry.</returns>
    internal bool TryReadEntry(string name, Action<Stream> read)
    {
        Action<BinaryReader> withReader = reader => read(reader.BaseStream);
        return _tryLoadBinaryStream.Invoke(_context, BindingFlags.DoNotWrapExceptions, null, [name, withReader], null) is true;
    }
}

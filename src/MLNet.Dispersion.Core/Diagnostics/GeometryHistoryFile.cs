namespace MLNet.Dispersion;

/// <summary>Keeps the geometry that was measured in training beside a saved model.</summary>
public static class GeometryHistoryFile
{
    /// <summary>The file's name, <c>geometry-history.json</c>.</summary>
    public const string Name = "geometry-history.json";

    /// <summary>Writes it.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="history">What was measured; may be empty.</param>
    public static void Write(FileSink sink, IReadOnlyList<GeometrySnapshot> history)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentNullException.ThrowIfNull(history);
        GeometryHistoryJson.Write(history, sink, Name);
    }

    /// <summary>Reads it; empty where there is none.</summary>
    /// <param name="source">Where from.</param>
    /// <exception cref="ModelFileException">The file is damaged, or of a newer version.</exception>
    public static IReadOnlyList<GeometrySnapshot> Read(FileSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Contains(Name) ? GeometryHistoryJson.Read(source, Name) : [];
    }
}

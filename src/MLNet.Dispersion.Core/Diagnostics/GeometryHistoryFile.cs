using MLNet.Dispersion.Geometry;
using MLNet.Dispersion.Hub;

namespace MLNet.Dispersion.Diagnostics;

/// <summary>Keeps the geometry that was measured in training beside a saved model.</summary>
public static class GeometryHistoryFile
{
    /// <summary>The file's name, <c>geometry-history.json</c>.</summary>
    public const string Name = "geometry-history.json";

    /// <summary>Writes it.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="history">What was measured; may be empty.</param>
    public static void Write(CheckpointSink sink, IReadOnlyList<GeometrySnapshot> history)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentNullException.ThrowIfNull(history);
        sink.Write(Name, stream => GeometryHistoryJson.Write(history, stream));
    }

    /// <summary>Reads it; empty where there is none.</summary>
    /// <param name="source">Where from.</param>
    /// <exception cref="CheckpointException">The file is damaged, or of a newer version.</exception>
    public static IReadOnlyList<GeometrySnapshot> Read(CheckpointSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            return source.Contains(Name) ? GeometryHistoryJson.Read(source.ReadAllBytes(Name)) : [];
        }
        catch (FormatException e)
        {
            throw new CheckpointException(source.Describe(Name), $"{e.Message} Save the model again.", innerException: e);
        }
    }
}

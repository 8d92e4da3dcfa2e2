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

/// <summary>Geometry histories as JSON, so that a saved model keeps its own.</summary>
internal static class GeometryHistoryJson
{
    private static readonly VersionedJson<HistoryDocument> Format = new("geometry history", "mlnet-dispersion/geometry-history", 1, "Save the model again.");

    /// <summary>Writes a history.</summary>
    public static void Write(IReadOnlyList<GeometrySnapshot> history, FileSink sink, string fileName) =>
        sink.Write(fileName, stream => Write(history, stream));

    /// <summary>Writes a history.</summary>
    public static void Write(IReadOnlyList<GeometrySnapshot> history, Stream stream) => Format.Write(new HistoryDocument([.. history.Select(ToDocument)]), stream);

    /// <summary>Reads what <see cref="Write(IReadOnlyList{GeometrySnapshot}, FileSink, string)"/> wrote.</summary>
    /// <exception cref="ModelFileException">It is not there, something else, damaged, or of a newer version.</exception>
    public static IReadOnlyList<GeometrySnapshot> Read(FileSource source, string fileName) => Format.Read(source, fileName, Snapshots);

    /// <summary>Reads what <see cref="Write(IReadOnlyList{GeometrySnapshot}, Stream)"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else, damaged, or of a newer version.</exception>
    public static IReadOnlyList<GeometrySnapshot> Read(byte[] content) => Snapshots(Format.Read(content.AsMemory()));

    private static IReadOnlyList<GeometrySnapshot> Snapshots(HistoryDocument document) => [.. document.Snapshots.Select(ToSnapshot)];

    private static SnapshotDocument ToDocument(GeometrySnapshot snapshot)
    {
        CondensationProfile profile = snapshot.Profile;
        return new SnapshotDocument(
            snapshot.Step, profile.Texts, profile.ShortTexts, profile.Tokens, profile.TokensPerText,
            [.. profile.Layers.Select(layer => new SnapshotLayerDocument(ReportJson.ToDocument(layer.Pooled), layer.Elementwise is { } elementwise ? ReportJson.ToDocument(elementwise) : null))]);
    }

    private static GeometrySnapshot ToSnapshot(SnapshotDocument? snapshot, int index)
    {
        string place = FormattableString.Invariant($"snapshots[{index}]");
        Format.Require(snapshot is not null, place, "null", "be a snapshot");
        Format.Require(snapshot.Texts >= 1, place + ".texts", snapshot.Texts, "be at least 1");
        Format.Require(snapshot.Layers.Count >= 1, place + ".layers", "empty", "hold at least one layer");
        LayerGeometry[] layers = [.. snapshot.Layers.Select((layer, i) => ToLayer(layer, snapshot.TokensPerText is not null, FormattableString.Invariant($"{place}.layers[{i}]"), i))];
        return new GeometrySnapshot { Step = snapshot.Step, Profile = new CondensationProfile(layers, snapshot.Texts, snapshot.ShortTexts, snapshot.Tokens, snapshot.TokensPerText) };
    }

    private static LayerGeometry ToLayer(SnapshotLayerDocument? layer, bool elementwise, string place, int index)
    {
        Format.Require(layer is not null, place, "null", "be a layer");
        Format.Require((layer.Elementwise is not null) == elementwise, place + ".elementwise", elementwise ? "null" : "there", "be there exactly when tokensPerText is");
        return ReportJsonReader.ToGeometry(Format, index, layer.Pooled, layer.Elementwise, place);
    }

    private sealed record HistoryDocument(IReadOnlyList<SnapshotDocument> Snapshots);

    private sealed record SnapshotDocument(int Step, int Texts, int ShortTexts, long Tokens, int? TokensPerText, IReadOnlyList<SnapshotLayerDocument> Layers);

    private sealed record SnapshotLayerDocument(CosineDocument Pooled, CosineDocument? Elementwise);
}

using System.Text.Json;

namespace MLNet.Dispersion;

/// <summary>Geometry histories as JSON, so that a saved model keeps its own.</summary>
internal static class GeometryHistoryJson
{
    private const string Schema = "mlnet-dispersion/geometry-history";
    private const int Version = 1;

    /// <summary>Writes a history.</summary>
    public static void Write(IReadOnlyList<GeometrySnapshot> history, Stream stream) =>
        JsonSerializer.Serialize(stream, new HistoryDocument(Schema, Version, [.. history.Select(ToDocument)]), ReportJson.Options);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else, damaged, or of a newer version.</exception>
    public static IReadOnlyList<GeometrySnapshot> Read(byte[] json)
    {
        HistoryDocument? document;
        try
        {
            document = JsonSerializer.Deserialize<HistoryDocument>(json, ReportJson.Options);
        }
        catch (JsonException e)
        {
            throw new FormatException($"This is no whole geometry history: {e.Message}", e);
        }

        if (document is not { Schema: Schema, Version: Version })
        {
            throw new FormatException($"This is the schema '{document?.Schema}', version {document?.Version}; this build reads '{Schema}', version {Version}.");
        }

        return [.. document.Snapshots.Select(ToSnapshot)];
    }

    private static SnapshotDocument ToDocument(GeometrySnapshot snapshot)
    {
        CondensationProfile profile = snapshot.Profile;
        return new SnapshotDocument(
            snapshot.Step, profile.Texts, profile.ShortTexts, profile.Tokens, profile.TokensPerText,
            [.. profile.Layers.Select(layer => new SnapshotLayerDocument(ReportJson.ToDocument(layer.Pooled), layer.Elementwise is { } elementwise ? ReportJson.ToDocument(elementwise) : null))]);
    }

    private static GeometrySnapshot ToSnapshot(SnapshotDocument snapshot, int index)
    {
        if (snapshot.Layers.Count == 0 || snapshot.Texts < 1 || snapshot.Layers.Any(layer => (layer.Elementwise is null) != (snapshot.TokensPerText is null)))
        {
            throw new FormatException($"Snapshot {index} of the geometry history lacks its layers, its texts or its averages: it is damaged.");
        }

        LayerGeometry[] layers = [.. snapshot.Layers.Select((layer, i) => ReportJsonReader.ToGeometry(i, layer.Pooled, layer.Elementwise, FormattableString.Invariant($"snapshots[{index}].layers[{i}]")))];
        return new GeometrySnapshot(snapshot.Step, new CondensationProfile(layers, snapshot.Texts, snapshot.ShortTexts, snapshot.Tokens, snapshot.TokensPerText));
    }

    private sealed record HistoryDocument(string Schema, int Version, IReadOnlyList<SnapshotDocument> Snapshots);

    private sealed record SnapshotDocument(int Step, int Texts, int ShortTexts, long Tokens, int? TokensPerText, IReadOnlyList<SnapshotLayerDocument> Layers);

    private sealed record SnapshotLayerDocument(CosineDocument Pooled, CosineDocument? Elementwise);
}

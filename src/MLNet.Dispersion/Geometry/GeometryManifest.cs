using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved geometry transformer holds: everything but the checkpoint, whose files are entries of their own and are listed here.</summary>
internal sealed record GeometryManifest(GeometryColumns Columns, string BackboneName, int MaxTokens, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved transformer begins.</summary>
    internal static readonly ModelFormat Format = new("embedding geometry transformer", "DISPGEOM", GeometryLoader.Name, 2, 0x00010002);

    internal void Write(BinaryWriter writer) => Format.Write(
        writer, new Document(Columns.Text, Columns.Prefix, [.. Columns.Measures.Select(measure => measure.MachineName())], BackboneName, MaxTokens, Files));

    /// <summary>Reads what <see cref="Write"/> wrote, or the version before.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static GeometryManifest Read(BinaryReader reader) => Format.Read<Document, GeometryManifest>(
        reader,
        document => new GeometryManifest(
            new GeometryColumns(document.Text, document.Prefix, Measures(document.Measures)), document.Backbone, document.MaxTokens, StoredFile.Checked(document.Files)).Checked(),
        ReadFields);

    private GeometryManifest Checked()
    {
        ModelFormat.Require(!string.IsNullOrWhiteSpace(BackboneName), "a backbone without a name");
        ModelFormat.Require(MaxTokens >= 2, string.Create(CultureInfo.InvariantCulture, $"texts of {MaxTokens} tokens"));
        return this;
    }

    private static GeometryManifest ReadFields(BinaryReader reader)
    {
        string text = reader.ReadString();
        string prefix = reader.ReadString();
        int count = reader.ReadInt32();
        RequireCount(count);
        var columns = new GeometryColumns(text, prefix, Measures([.. Enumerable.Range(0, count).Select(_ => reader.ReadString())]));
        return new GeometryManifest(columns, reader.ReadString(), reader.ReadInt32(), StoredFile.ReadAll(reader)).Checked();
    }

    private static List<GeometryMeasure> Measures(IReadOnlyList<string> names)
    {
        RequireCount(names.Count);
        var measures = new List<GeometryMeasure>();
        foreach (string name in names)
        {
            ModelFormat.Require(GeometryMeasures.TryParse(name, out GeometryMeasure measure), $"the measure '{name}'");
            measures.Add(measure);
        }

        return measures;
    }

    private static void RequireCount(int measures) =>
        ModelFormat.Require(measures >= 1 && measures <= GeometryMeasures.All.Count, string.Create(CultureInfo.InvariantCulture, $"{measures} measures"));

    private sealed record Document(string Text, string Prefix, IReadOnlyList<string> Measures, string Backbone, int MaxTokens, IReadOnlyList<StoredFile> Files);
}

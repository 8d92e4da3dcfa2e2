using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved geometry transformer holds: everything but the checkpoint, whose files are entries of their own and are listed here.</summary>
internal sealed record GeometryManifest(GeometryColumns Columns, string BackboneName, int MaxTokens, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved transformer begins.</summary>
    internal static readonly ModelFormat Format = new("embedding geometry transformer", "DISPGEOM", GeometryLoader.Name, 1, 0x00010001);

    internal void Write(BinaryWriter writer)
    {
        writer.Write(Format.Version);
        writer.Write(Columns.Text);
        writer.Write(Columns.Prefix);
        writer.Write(Columns.Measures.Count);
        foreach (GeometryMeasure measure in Columns.Measures)
        {
            writer.Write(measure.MachineName());
        }

        writer.Write(BackboneName);
        writer.Write(MaxTokens);
        StoredFile.WriteAll(writer, Files);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static GeometryManifest Read(BinaryReader reader) => Format.Read(reader, ReadFields);

    private static GeometryManifest ReadFields(BinaryReader reader)
    {
        string text = reader.ReadString();
        string prefix = reader.ReadString();
        var columns = new GeometryColumns(text, prefix, ReadMeasures(reader));
        string backbone = reader.ReadString();
        ModelFormat.Require(!string.IsNullOrWhiteSpace(backbone), "a backbone without a name");
        int maxTokens = reader.ReadInt32();
        ModelFormat.Require(maxTokens >= 2, string.Create(CultureInfo.InvariantCulture, $"texts of {maxTokens} tokens"));
        return new GeometryManifest(columns, backbone, maxTokens, StoredFile.ReadAll(reader));
    }

    private static List<GeometryMeasure> ReadMeasures(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        ModelFormat.Require(count >= 1 && count <= GeometryMeasures.All.Count, string.Create(CultureInfo.InvariantCulture, $"{count} measures"));
        var measures = new List<GeometryMeasure>();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            ModelFormat.Require(GeometryMeasures.TryParse(name, out GeometryMeasure measure), $"the measure '{name}'");
            measures.Add(measure);
        }

        return measures;
    }
}

namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved regression holds: everything but the checkpoint, whose files are entries of their own and are listed here.</summary>
internal sealed record RegressionManifest(RegressionColumns Columns, string BackboneName, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved regression begins.</summary>
    internal static readonly ModelFormat Format = new("fine-tuned regression", "DISPTXTR", RegressionLoader.Name, 1, 0x00010001);

    private const string NoSecondText = "";

    internal void Write(BinaryWriter writer)
    {
        writer.Write(Format.Version);
        writer.Write(Columns.Label);
        writer.Write(Columns.Text);
        writer.Write(Columns.SecondText ?? NoSecondText);
        writer.Write(Columns.Score);
        writer.Write(BackboneName);
        StoredFile.WriteAll(writer, Files);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static RegressionManifest Read(BinaryReader reader) => Format.Read(reader, ReadFields);

    private static RegressionManifest ReadFields(BinaryReader reader)
    {
        string label = reader.ReadString();
        string text = reader.ReadString();
        string second = reader.ReadString();
        var columns = new RegressionColumns(label, text, second.Length == 0 ? null : second, reader.ReadString());
        columns.Validate();
        string backbone = reader.ReadString();
        ModelFormat.Require(!string.IsNullOrWhiteSpace(backbone), "a backbone without a name");
        return new RegressionManifest(columns, backbone, StoredFile.ReadAll(reader));
    }
}

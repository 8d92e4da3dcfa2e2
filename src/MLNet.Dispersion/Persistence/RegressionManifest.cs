namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved regression holds: everything but the checkpoint, whose files are entries of their own and are listed here.</summary>
internal sealed record RegressionManifest(ColumnNames Columns, string BackboneName, IReadOnlyList<StoredFile> Files)
{
    private const string NoSecondText = "";

    internal void Write(BinaryWriter writer)
    {
        writer.Write(ModelFormat.Regression.Version);
        writer.Write(Columns.Label);
        writer.Write(Columns.Text);
        writer.Write(Columns.SecondText ?? NoSecondText);
        writer.Write(Columns.Score);
        writer.Write(BackboneName);
        StoredFile.WriteAll(writer, Files);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static RegressionManifest Read(BinaryReader reader) => ModelFormat.Regression.Read(reader, ReadFields);

    private static RegressionManifest ReadFields(BinaryReader reader)
    {
        string label = reader.ReadString();
        string text = reader.ReadString();
        string second = reader.ReadString();
        var columns = new ColumnNames(label, text, reader.ReadString(), PredictedLabel: null, second.Length == 0 ? null : second);
        columns.Validate();
        string backbone = reader.ReadString();
        ModelFormat.Require(!string.IsNullOrWhiteSpace(backbone), "a backbone without a name");
        return new RegressionManifest(columns, backbone, StoredFile.ReadAll(reader));
    }
}

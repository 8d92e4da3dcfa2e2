namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved regression holds: everything but the checkpoint, whose files are entries of their own and are listed here.</summary>
internal sealed record RegressionManifest(ColumnNames Columns, string BackboneName, IReadOnlyList<StoredFile> Files)
{
    internal void Write(BinaryWriter writer) =>
        ModelFormat.Regression.Write(writer, new Document(Columns.Label, Columns.Text, Columns.SecondText, Columns.Score, BackboneName, Files));

    /// <summary>Reads what <see cref="Write"/> wrote, or the version before.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static RegressionManifest Read(BinaryReader reader) => ModelFormat.Regression.Read<Document, RegressionManifest>(
        reader,
        document => new RegressionManifest(
            new ColumnNames(document.Label, document.Text, document.Score, PredictedLabel: null, document.SecondText), document.Backbone, StoredFile.Checked(document.Files)).Checked(),
        ReadFields);

    private RegressionManifest Checked()
    {
        Columns.Validate();
        ModelFormat.Require(!string.IsNullOrWhiteSpace(BackboneName), "a backbone without a name");
        return this;
    }

    private static RegressionManifest ReadFields(BinaryReader reader)
    {
        string label = reader.ReadString();
        string text = reader.ReadString();
        string second = reader.ReadString();
        var columns = new ColumnNames(label, text, reader.ReadString(), PredictedLabel: null, second.Length == 0 ? null : second);
        return new RegressionManifest(columns, reader.ReadString(), StoredFile.ReadAll(reader)).Checked();
    }

    private sealed record Document(string Label, string Text, string? SecondText, string Score, string Backbone, IReadOnlyList<StoredFile> Files);
}

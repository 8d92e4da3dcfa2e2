namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved binary classifier holds: everything but the model's files, which are entries of their own and are listed here.</summary>
internal sealed record BinaryManifest(BinaryColumns Columns, string BackboneName, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved binary classifier begins.</summary>
    internal static readonly ModelFormat Format = new("fine-tuned binary classifier", "DISPTXTB", BinaryLoader.Name, 1, 0x00010001);

    internal void Write(BinaryWriter writer) =>
        Format.Write(writer, new Document(Columns.Label, Columns.Text, Columns.SecondText, Columns.Score, Columns.Probability, Columns.PredictedLabel, BackboneName, Files));

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static BinaryManifest Read(BinaryReader reader) => Format.Read<Document, BinaryManifest>(reader, document => document.ToManifest());

    private sealed record Document(string Label, string Text, string? SecondText, string Score, string Probability, string PredictedLabel, string Backbone, IReadOnlyList<StoredFile> Files)
    {
        internal BinaryManifest ToManifest()
        {
            var columns = new BinaryColumns(Label, Text, SecondText, Score, Probability, PredictedLabel);
            columns.Validate();
            ModelFormat.Require(!string.IsNullOrWhiteSpace(Backbone), "a backbone without a name");
            return new BinaryManifest(columns, Backbone, StoredFile.Checked(Files));
        }
    }
}

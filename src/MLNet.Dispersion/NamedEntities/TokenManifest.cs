namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved token classifier holds: everything but the model's files, which are entries of their own and are listed here.</summary>
internal sealed record TokenManifest(TokenColumns Columns, WordCutting Cutting, string BackboneName, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved token classifier begins.</summary>
    internal static readonly ModelFormat Format = new("fine-tuned token classifier", "DISPTOKN", TokenLoader.Name, 1, 0x00010001);

    internal void Write(BinaryWriter writer) =>
        Format.Write(writer, new Document(Columns.Label, Columns.Text, Columns.Score, Columns.PredictedLabel, Columns.Entity, Cutting, BackboneName, Files));

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static TokenManifest Read(BinaryReader reader) => Format.Read<Document, TokenManifest>(reader, document => document.ToManifest());

    private sealed record Document(string Label, string Text, string Score, string PredictedLabel, string Entity, WordCutting Cutting, string Backbone, IReadOnlyList<StoredFile> Files)
    {
        internal TokenManifest ToManifest()
        {
            var columns = new TokenColumns(Label, Text, Score, PredictedLabel, Entity);
            columns.Validate();
            ModelFormat.Require(!string.IsNullOrWhiteSpace(Backbone), "a backbone without a name");
            ModelFormat.Require(Enum.IsDefined(Cutting), "a way to cut words that this build does not know");
            return new TokenManifest(columns, Cutting, Backbone, StoredFile.Checked(Files));
        }
    }
}

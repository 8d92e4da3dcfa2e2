namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved ranking holds: everything but the model's files, which are entries of their own and are listed here.</summary>
internal sealed record RankingManifest(RankingColumns Columns, string BackboneName, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved ranking begins.</summary>
    internal static readonly ModelFormat Format = new("fine-tuned ranking", "DISPTXTK", RankingLoader.Name, 1, 0x00010001);

    internal void Write(BinaryWriter writer) =>
        Format.Write(writer, new Document(Columns.Label, Columns.Text, Columns.SecondText!, Columns.Group, Columns.Score, BackboneName, Files));

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static RankingManifest Read(BinaryReader reader) => Format.Read<Document, RankingManifest>(reader, document => document.ToManifest());

    private sealed record Document(string Label, string Query, string Text, string Group, string Score, string Backbone, IReadOnlyList<StoredFile> Files)
    {
        internal RankingManifest ToManifest()
        {
            var columns = new RankingColumns(Label, Query, Text, Group, Score);
            columns.Validate();
            ModelFormat.Require(!string.IsNullOrWhiteSpace(Backbone), "a backbone without a name");
            return new RankingManifest(columns, Backbone, StoredFile.Checked(Files));
        }
    }
}

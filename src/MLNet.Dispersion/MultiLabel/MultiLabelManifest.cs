using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved multi-label classifier holds: everything but the model's files, which are entries of their own and are listed here.</summary>
internal sealed record MultiLabelManifest(MultiLabelColumns Columns, string BackboneName, int LabelCount, IReadOnlyList<string> Names, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved multi-label classifier begins.</summary>
    internal static readonly ModelFormat Format = new("fine-tuned multi-label classifier", "DISPTXTL", MultiLabelLoader.Name, 1, 0x00010001);

    internal void Write(BinaryWriter writer) =>
        Format.Write(writer, new Document(Columns.Label, Columns.Text, Columns.SecondText, Columns.Score, Columns.PredictedLabel, BackboneName, LabelCount, Names, Files));

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static MultiLabelManifest Read(BinaryReader reader) => Format.Read<Document, MultiLabelManifest>(reader, document => document.ToManifest());

    private sealed record Document(
        string Label, string Text, string? SecondText, string Score, string PredictedLabel, string Backbone, int LabelCount, IReadOnlyList<string> Names, IReadOnlyList<StoredFile> Files)
    {
        internal MultiLabelManifest ToManifest()
        {
            var columns = new MultiLabelColumns(Label, Text, SecondText, Score, PredictedLabel);
            columns.Validate();
            ModelFormat.Require(!string.IsNullOrWhiteSpace(Backbone), "a backbone without a name");
            ModelFormat.Require(LabelCount > 0 && Names is not null && (Names.Count == 0 || Names.Count == LabelCount), string.Create(CultureInfo.InvariantCulture, $"{LabelCount} labels with {Names?.Count ?? 0} names"));
            return new MultiLabelManifest(columns, Backbone, LabelCount, Names!, StoredFile.Checked(Files));
        }
    }
}

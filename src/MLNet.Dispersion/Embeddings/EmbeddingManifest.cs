using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved embedding model holds: everything but the model's files, which are entries of their own and are listed here.</summary>
internal sealed record EmbeddingManifest(EmbeddingColumns Columns, string BackboneName, int Size, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved embedding model begins.</summary>
    internal static readonly ModelFormat Format = new("fine-tuned embedding model", "DISPTXTE", EmbeddingLoader.Name, 1, 0x00010001);

    internal void Write(BinaryWriter writer) => Format.Write(
        writer, new Document(Columns.Label, Columns.Text, Columns.SecondText, Columns.Negative, Columns.Embedding, Columns.SecondEmbedding, Columns.Score, BackboneName, Size, Files));

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static EmbeddingManifest Read(BinaryReader reader) => Format.Read<Document, EmbeddingManifest>(reader, document => document.ToManifest());

    private sealed record Document(
        string Label, string Text, string? SecondText, string? Negative, string Embedding, string SecondEmbedding, string Score, string Backbone, int Size, IReadOnlyList<StoredFile> Files)
    {
        internal EmbeddingManifest ToManifest()
        {
            var columns = new EmbeddingColumns(Label, Text, SecondText, Negative, Embedding, SecondEmbedding, Score);
            columns.Validate();
            ModelFormat.Require(!string.IsNullOrWhiteSpace(Backbone), "a backbone without a name");
            ModelFormat.Require(Size > 0, string.Create(CultureInfo.InvariantCulture, $"vectors of {Size} features"));
            return new EmbeddingManifest(columns, Backbone, Size, StoredFile.Checked(Files));
        }
    }
}

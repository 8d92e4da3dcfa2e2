namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved regression holds: everything but the checkpoint, whose files are entries of their own and are listed here.</summary>
internal sealed record RegressionManifest(RegressionColumns Columns, string BackboneName, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved regression begins.</summary>
    internal static readonly ModelFormat Format = new("fine-tuned regression", "DISPTXTR", RegressionLoader.Name, 2, 0x00010002);

    /// <summary>How much n-grams count beside the language model; null where there are none.</summary>
    internal JoiningWeights? Lexical { get; init; }

    /// <summary>The mean of the labels that n-grams were learnt from; 0 where there are none.</summary>
    internal double LexicalMean { get; init; }

    internal void Write(BinaryWriter writer) =>
        Format.Write(writer, new Document(Columns.Label, Columns.Text, Columns.SecondText, Columns.Score, BackboneName, Files, Lexical, LexicalMean));

    /// <summary>Reads what <see cref="Write"/> wrote, or the version before.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static RegressionManifest Read(BinaryReader reader) => Format.Read<Document, RegressionManifest>(
        reader,
        document => new RegressionManifest(
            new RegressionColumns(document.Label, document.Text, document.SecondText, document.Score), document.Backbone, StoredFile.Checked(document.Files))
        {
            Lexical = document.Lexical,
            LexicalMean = document.LexicalMean,
        }.Checked(),
        ReadFields);

    private RegressionManifest Checked()
    {
        Columns.Validate();
        ModelFormat.Require(!string.IsNullOrWhiteSpace(BackboneName), "a backbone without a name");
        ModelFormat.Require(Lexical is null or { Network: >= 0 and < double.PositiveInfinity, Lexical: >= 0 and < double.PositiveInfinity } && double.IsFinite(LexicalMean), "weights of n-grams that are no weights");
        return this;
    }

    private static RegressionManifest ReadFields(BinaryReader reader)
    {
        string label = reader.ReadString();
        string text = reader.ReadString();
        string second = reader.ReadString();
        var columns = new RegressionColumns(label, text, second.Length == 0 ? null : second, reader.ReadString());
        return new RegressionManifest(columns, reader.ReadString(), StoredFile.ReadAll(reader)).Checked();
    }

    private sealed record Document(string Label, string Text, string? SecondText, string Score, string Backbone, IReadOnlyList<StoredFile> Files, JoiningWeights? Lexical = null, double LexicalMean = 0);
}

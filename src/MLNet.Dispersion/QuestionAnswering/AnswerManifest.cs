namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved question answerer holds: everything but the model's files, which are entries of their own and are listed here.</summary>
internal sealed record AnswerManifest(AnswerColumns Columns, int TopAnswers, string BackboneName, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved question answerer begins.</summary>
    internal static readonly ModelFormat Format = new("fine-tuned question answerer", "DISPANSW", AnswerLoader.Name, 1, 0x00010001);

    internal void Write(BinaryWriter writer) =>
        Format.Write(writer, new Document(Columns.Label, Columns.Index, Columns.Text, Columns.Question, Columns.Score, Columns.Answer, TopAnswers, BackboneName, Files));

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static AnswerManifest Read(BinaryReader reader) => Format.Read<Document, AnswerManifest>(reader, document => document.ToManifest());

    private sealed record Document(string Label, string Index, string Text, string Question, string Score, string Answer, int TopAnswers, string Backbone, IReadOnlyList<StoredFile> Files)
    {
        internal AnswerManifest ToManifest()
        {
            var columns = new AnswerColumns(Label, Index, Text, Question, Score, Answer);
            columns.Validate();
            ModelFormat.Require(!string.IsNullOrWhiteSpace(Backbone), "a backbone without a name");
            ModelFormat.Require(TopAnswers is >= 1 and <= TextQuestionAnswerer.MostAnswers, "a number of answers that cannot be");
            return new AnswerManifest(columns, TopAnswers, Backbone, StoredFile.Checked(Files));
        }
    }
}

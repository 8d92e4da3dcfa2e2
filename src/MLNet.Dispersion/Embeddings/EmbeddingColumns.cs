using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The columns that an embedding model reads and adds.</summary>
/// <param name="Label">The column of scores; read by training alone. Empty where rows have none.</param>
/// <param name="Text">The column of first texts.</param>
/// <param name="SecondText">The column of second texts; null for single texts.</param>
/// <param name="Negative">The column of negatives, a text or several; read by training alone. Null where rows have none.</param>
/// <param name="Embedding">The added column of the first texts' vectors.</param>
/// <param name="SecondEmbedding">That of the second texts'.</param>
/// <param name="Score">The added column of cosines.</param>
internal sealed record EmbeddingColumns(string Label, string Text, string? SecondText, string? Negative, string Embedding, string SecondEmbedding, string Score) : TaskColumns(Label, Text, SecondText, Score)
{
    /// <summary>The columns' places behind those of the input; the score stands behind them.</summary>
    internal const int EmbeddingOffset = 0;

    /// <inheritdoc cref="EmbeddingOffset"/>
    internal const int SecondEmbeddingOffset = 1;

    /// <inheritdoc/>
    internal override bool HasLabel => Label.Length > 0;

    /// <inheritdoc/>
    internal override bool ReadsPairs => false;

    private protected override (string Role, string Name)[] Added => [("embedding", Embedding), ("second embedding", SecondEmbedding), ("score", Score)];

    private protected override IEnumerable<(string Role, string? Name)> Inputs => [.. base.Inputs, ("negative", Negative)];

    /// <summary>Columns of single texts.</summary>
    internal static EmbeddingColumns OfTexts(string text, string embedding) => new("", text, null, null, embedding, embedding + "2", embedding + "Score");

    /// <summary>Checks the columns that training alone reads.</summary>
    internal void CheckTraining(IExceptionContext context, SchemaShape shape)
    {
        if (HasLabel)
        {
            InputColumns.CheckLabel(
                context,
                shape,
                Label,
                column => !column.IsKey && column.ItemType == NumberDataViewType.Single,
                "Single (put Transforms.Conversion.ConvertType(\"" + Label + "\", outputKind: DataKind.Single) in front of a column of other numbers)");
        }

        if (Negative is not null)
        {
            InputColumns.CheckTextOrTexts(context, shape, Negative, "negative");
        }
    }

    /// <summary>The columns that are there to be embedded: without second texts where the data has none.</summary>
    internal EmbeddingColumns In(DataViewSchema schema) => SecondText is { } second && schema.GetColumnOrNull(second) is null ? this with { SecondText = null } : this;

    /// <summary>Adds the added columns.</summary>
    internal void AddTo(DataViewSchema.Builder builder, uint setId, int size)
    {
        builder.AddColumn(Embedding, new VectorDataViewType(NumberDataViewType.Single, size));
        if (SecondText is not null)
        {
            builder.AddColumn(SecondEmbedding, new VectorDataViewType(NumberDataViewType.Single, size));
            builder.AddColumn(Score, NumberDataViewType.Single, AddedColumns.ScoreAnnotations("TextSimilarity", "Score", setId).ToAnnotations());
        }
    }
}

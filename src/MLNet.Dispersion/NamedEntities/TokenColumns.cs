using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The columns that a token classifier reads and adds.</summary>
/// <param name="Label">The column of tags, one a word; or of the labels of spans. Read by training alone.</param>
/// <param name="Text">The column of texts, or of words.</param>
/// <param name="Score">The added column of probabilities.</param>
/// <param name="PredictedLabel">The added column of tags.</param>
/// <param name="Entity">What the names of the added columns of entities begin with.</param>
internal sealed record TokenColumns(string Label, string Text, string Score, string PredictedLabel, string Entity) : TaskColumns(Label, Text, SecondText: null, Score)
{
    private const string Task = "TokenClassification";

    /// <summary>The column of where spans begin; null where there are tags.</summary>
    internal string? SpanStart { get; init; }

    /// <summary>The column of where spans end.</summary>
    internal string? SpanEnd { get; init; }

    private protected override IEnumerable<(string Role, string? Name)> Inputs => [.. base.Inputs, ("span start", SpanStart), ("span end", SpanEnd)];

    private protected override (string Role, string Name)[] Added =>
        [("score", Score), ("predicted label", PredictedLabel), .. EntityColumns().Select((column, i) => (Role: $"entity {(EntityPart)i}", column.Name))];

    /// <inheritdoc/>
    internal override void CheckTexts(IExceptionContext context, SchemaShape shape) => InputColumns.CheckWords(context, shape, Text);

    /// <summary>Checks the columns that only training reads.</summary>
    internal void CheckLabel(IExceptionContext context, SchemaShape shape)
    {
        if (SpanStart is null || SpanEnd is null)
        {
            InputColumns.CheckList(context, shape, "label", Label, column => column.ItemType is TextDataViewType || column.IsKey, "a vector of String or of keys of String, a tag for each word; or name the columns of spans");
            return;
        }

        if (shape.Any(column => column.Name == Text && column.Kind != SchemaShape.Column.VectorKind.Scalar))
        {
            throw InputColumns.Mismatch(context, "text", Text, "String where labels are spans of the text", "a vector of words, whose labels are tags");
        }

        InputColumns.CheckList(context, shape, "label", Label, column => !column.IsKey && column.ItemType is TextDataViewType, "a vector of String, the label of each span");
        InputColumns.CheckList(context, shape, "span start", SpanStart, IsInt, "a vector of Int32, the first character of each span");
        InputColumns.CheckList(context, shape, "span end", SpanEnd, IsInt, "a vector of Int32, the end behind the last character of each span");

        static bool IsInt(SchemaShape.Column column) => !column.IsKey && column.ItemType == NumberDataViewType.Int32;
    }

    /// <summary>Adds the added columns: tags, scores, and then one for each part of entities.</summary>
    internal void AddTo(DataViewSchema.Builder builder, uint setId)
    {
        builder.AddColumn(PredictedLabel, new VectorDataViewType(TextDataViewType.Instance), AddedColumns.ScoreAnnotations(Task, "PredictedLabel", setId).ToAnnotations());
        builder.AddColumn(Score, new VectorDataViewType(NumberDataViewType.Single), AddedColumns.ScoreAnnotations(Task, "Score", setId).ToAnnotations());
        foreach (var (name, type) in EntityColumns())
        {
            builder.AddColumn(name, new VectorDataViewType(type));
        }
    }

    /// <summary>The columns of entities, in the order of <see cref="EntityPart"/>.</summary>
    private (string Name, PrimitiveDataViewType Type)[] EntityColumns() =>
    [
        ($"{Entity}.Label", TextDataViewType.Instance),
        ($"{Entity}.Text", TextDataViewType.Instance),
        ($"{Entity}.Start", NumberDataViewType.Int32),
        ($"{Entity}.End", NumberDataViewType.Int32),
        ($"{Entity}.Score", NumberDataViewType.Single),
    ];
}

/// <summary>The parts of an entity, each a column.</summary>
internal enum EntityPart
{
    Label,
    Text,
    Start,
    End,
    Score,
}

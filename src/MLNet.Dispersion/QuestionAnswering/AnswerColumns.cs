using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The columns that a question answerer reads and adds.</summary>
/// <param name="Label">The column of right answers; read by training alone.</param>
/// <param name="Index">The column of where in its context each stands; read by training alone.</param>
/// <param name="Text">The column of contexts.</param>
/// <param name="Question">The column of questions.</param>
/// <param name="Score">The added column of scores.</param>
/// <param name="Answer">The added column of answers, with whose name those of their places begin.</param>
internal sealed record AnswerColumns(string Label, string Index, string Text, string Question, string Score, string Answer) : TaskColumns(Label, Text, Question, Score)
{
    private const string Task = "QuestionAnswering";

    private protected override IEnumerable<(string Role, string? Name)> Inputs => [("answer", Label), ("answer index", Index), ("context", Text), ("question", Question), ("example weight", ExampleWeight)];

    private protected override (string Role, string Name)[] Added => [.. AnswerParts().Select((column, i) => (Role: $"{(AnswerPart)i}", column.Name))];

    /// <inheritdoc/>
    internal override void CheckTexts(IExceptionContext context, SchemaShape shape)
    {
        InputColumns.CheckText(context, shape, Text, "context");
        InputColumns.CheckText(context, shape, Question, "question");
    }

    /// <summary>Checks the columns that only training reads.</summary>
    internal void CheckLabel(IExceptionContext context, SchemaShape shape)
    {
        InputColumns.CheckText(context, shape, Label, "answer");
        InputColumns.CheckLabel(context, shape, Index, column => !column.IsKey && column.ItemType == NumberDataViewType.Int32, "Int32, the first character of the answer in its context");
    }

    /// <summary>Adds the added columns.</summary>
    internal void AddTo(DataViewSchema.Builder builder, uint setId)
    {
        foreach (var (index, (name, type)) in AnswerParts().Index())
        {
            string? kind = (AnswerPart)index switch { AnswerPart.Text => "PredictedLabel", AnswerPart.Score => "Score", _ => null };
            builder.AddColumn(name, type, kind is null ? null : AddedColumns.ScoreAnnotations(Task, kind, setId).ToAnnotations());
        }
    }

    /// <summary>The added columns, in the order of <see cref="AnswerPart"/>.</summary>
    private (string Name, DataViewType Type)[] AnswerParts() =>
    [
        (Answer, new VectorDataViewType(TextDataViewType.Instance)),
        (Score, new VectorDataViewType(NumberDataViewType.Single)),
        ($"{Answer}.Start", new VectorDataViewType(NumberDataViewType.Int32)),
        ($"{Answer}.End", new VectorDataViewType(NumberDataViewType.Int32)),
        ($"{Answer}.NoAnswer", NumberDataViewType.Single),
    ];
}

/// <summary>The added columns.</summary>
internal enum AnswerPart
{
    Text,
    Score,
    Start,
    End,
    NoAnswer,
}

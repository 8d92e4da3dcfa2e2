using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The columns that a ranking reads and adds.</summary>
/// <param name="Label">The column of relevances; read by training alone.</param>
/// <param name="Text">The column of queries.</param>
/// <param name="SecondText">The column of documents; never null.</param>
/// <param name="Group">The column by which a query's documents belong together; read by training alone.</param>
/// <param name="Score">The added column of scores.</param>
internal sealed record RankingColumns(string Label, string Text, string? SecondText, string Group, string Score) : TaskColumns(Label, Text, SecondText, Score)
{
    private protected override IEnumerable<(string Role, string? Name)> Inputs => [.. base.Inputs, ("row group", Group)];

    /// <summary>Checks the columns that training alone reads.</summary>
    internal void CheckTraining(IExceptionContext context, SchemaShape shape)
    {
        InputColumns.CheckLabel(
            context,
            shape,
            Label,
            column => !column.IsKey && column.ItemType == NumberDataViewType.Single,
            "Single (put Transforms.Conversion.ConvertType(\"" + Label + "\", outputKind: DataKind.Single) in front of a column of other numbers)");
        InputColumns.CheckGroup(context, shape, Group);
    }

    /// <summary>Adds the added column.</summary>
    internal void AddTo(DataViewSchema.Builder builder, uint setId) =>
        builder.AddColumn(Score, NumberDataViewType.Single, AddedColumns.ScoreAnnotations("Ranking", "Score", setId).ToAnnotations());
}

using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The columns that a regression reads and adds.</summary>
/// <param name="Label">The label column, a number; read by training alone.</param>
/// <param name="Text">The text column.</param>
/// <param name="SecondText">The column of the second texts of pairs; null for single texts.</param>
/// <param name="Score">The added column of predictions.</param>
internal sealed record RegressionColumns(string Label, string Text, string? SecondText, string Score) : TaskColumns(Label, Text, SecondText, Score)
{
    /// <summary>Checks the label column.</summary>
    internal void CheckLabel(IExceptionContext context, SchemaShape shape) => InputColumns.CheckLabel(
        context,
        shape,
        Label,
        column => !column.IsKey && column.ItemType == NumberDataViewType.Single,
        "Single (put Transforms.Conversion.ConvertType(\"" + Label + "\", outputKind: DataKind.Single) in front of a column of other numbers)");

    /// <summary>Adds the added column.</summary>
    internal void AddTo(DataViewSchema.Builder builder, uint setId) =>
        builder.AddColumn(Score, NumberDataViewType.Single, AddedColumns.ScoreAnnotations("Regression", "Score", setId).ToAnnotations());
}

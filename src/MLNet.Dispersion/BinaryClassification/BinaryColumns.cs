using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The columns that a binary classifier reads and adds.</summary>
/// <param name="Label">The label column, yes or no; read by training alone.</param>
/// <param name="Text">The text column.</param>
/// <param name="SecondText">The column of the second texts of pairs; null for single texts.</param>
/// <param name="Score">The added column of log-odds.</param>
/// <param name="Probability">The added column of probabilities.</param>
/// <param name="PredictedLabel">The added column of answers.</param>
internal sealed record BinaryColumns(string Label, string Text, string? SecondText, string Score, string Probability, string PredictedLabel) : TaskColumns(Label, Text, SecondText, Score)
{
    /// <summary>The columns' places behind those of the input; the probability stands behind them.</summary>
    internal const int PredictedLabelOffset = 0;

    /// <inheritdoc cref="PredictedLabelOffset"/>
    internal const int ScoreOffset = 1;

    private const string Task = "BinaryClassification";

    private protected override (string Role, string Name)[] Added => [("score", Score), ("probability", Probability), ("predicted label", PredictedLabel)];

    /// <summary>Checks the label column.</summary>
    internal void CheckLabel(IExceptionContext context, SchemaShape shape) => InputColumns.CheckLabel(
        context,
        shape,
        Label,
        column => !column.IsKey && (column.ItemType is BooleanDataViewType || column.ItemType == NumberDataViewType.Single),
        "Boolean, or Single with 1, 0 and NaN (put Transforms.Conversion.ConvertType(\"" + Label + "\", outputKind: DataKind.Boolean) or a MapValue in front of others)");

    /// <summary>Adds the added columns.</summary>
    internal void AddTo(DataViewSchema.Builder builder, uint setId)
    {
        builder.AddColumn(PredictedLabel, BooleanDataViewType.Instance, AddedColumns.ScoreAnnotations(Task, "PredictedLabel", setId).ToAnnotations());
        builder.AddColumn(Score, NumberDataViewType.Single, AddedColumns.ScoreAnnotations(Task, "Score", setId).ToAnnotations());
        DataViewSchema.Annotations.Builder probability = AddedColumns.ScoreAnnotations(Task, "Probability", setId);
        probability.AddPrimitiveValue("IsNormalized", BooleanDataViewType.Instance, true);
        builder.AddColumn(Probability, NumberDataViewType.Single, probability.ToAnnotations());
    }
}

using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The columns that a multi-label classifier reads and adds.</summary>
/// <param name="Label">The label column, a vector with a yes or no for each label; read by training alone.</param>
/// <param name="Text">The text column.</param>
/// <param name="SecondText">The column of the second texts of pairs; null for single texts.</param>
/// <param name="Score">The added column of probabilities.</param>
/// <param name="PredictedLabel">The added column of found labels.</param>
internal sealed record MultiLabelColumns(string Label, string Text, string? SecondText, string Score, string PredictedLabel) : TaskColumns(Label, Text, SecondText, Score)
{
    /// <summary>The column's place behind those of the input; the score stands behind it.</summary>
    internal const int PredictedLabelOffset = 0;

    private const string Task = "MultiLabelClassification";

    private protected override (string Role, string Name)[] Added => [("score", Score), ("predicted label", PredictedLabel)];

    /// <summary>Checks the label column.</summary>
    internal void CheckLabel(IExceptionContext context, SchemaShape shape) => InputColumns.CheckLabelVector(
        context,
        shape,
        Label,
        column => !column.IsKey && (column.ItemType is BooleanDataViewType || column.ItemType == NumberDataViewType.Single),
        "Vector<Boolean> of known length, or Vector<Single> with 1 and 0 (put Transforms.Concatenate(\"" + Label + "\", ...) in front of single columns)");

    /// <summary>The number of labels of a label column.</summary>
    internal static int LabelCount(DataViewSchema.Column label) => ((VectorDataViewType)label.Type).Size;

    /// <summary>The names of a label column's slots; null where it names none.</summary>
    internal static string[]? NamesOf(DataViewSchema.Column label)
    {
        if (!label.HasSlotNames())
        {
            return null;
        }

        VBuffer<ReadOnlyMemory<char>> names = default;
        label.GetSlotNames(ref names);
        string[] given = [.. names.DenseValues().Select(name => name.ToString())];
        return given.All(name => name.Length > 0) && given.Distinct(StringComparer.Ordinal).Count() == given.Length ? given : null;
    }

    /// <summary>Adds the added columns.</summary>
    internal void AddTo(DataViewSchema.Builder builder, uint setId, int labelCount, IReadOnlyList<string> names)
    {
        builder.AddColumn(PredictedLabel, new VectorDataViewType(BooleanDataViewType.Instance, labelCount), Annotations("PredictedLabel"));
        builder.AddColumn(Score, new VectorDataViewType(NumberDataViewType.Single, labelCount), Annotations("Score"));

        DataViewSchema.Annotations Annotations(string kind)
        {
            DataViewSchema.Annotations.Builder annotations = AddedColumns.ScoreAnnotations(Task, kind, setId);
            if (names.Count > 0)
            {
                SlotNames.Add(annotations, [.. names.Select(name => name.AsMemory())]);
            }

            return annotations.ToAnnotations();
        }
    }
}

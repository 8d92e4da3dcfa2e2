using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The columns that a classifier reads and adds.</summary>
/// <param name="Label">The label column, of key type; read by training alone.</param>
/// <param name="Text">The text column.</param>
/// <param name="SecondText">The column of the second texts of pairs; null for single texts.</param>
/// <param name="Score">The added column of class probabilities.</param>
/// <param name="PredictedLabel">The added column of the most probable class.</param>
internal sealed record ClassifierColumns(string Label, string Text, string? SecondText, string Score, string PredictedLabel) : TaskColumns(Label, Text, SecondText, Score)
{
    /// <summary>Far more classes than any head is trained on; hashed keys, whose type counts two thousand million values, land above it.</summary>
    internal const int MaxClassCount = 65_536;

    /// <summary>The column's place behind those of the input; the score stands behind it.</summary>
    internal const int PredictedLabelOffset = 0;

    private const string Task = "MulticlassClassification";

    private protected override (string Role, string Name)[] Added => [("score", Score), ("predicted label", PredictedLabel)];

    /// <summary>Checks the label column.</summary>
    internal SchemaShape.Column CheckLabel(IExceptionContext context, SchemaShape shape) => InputColumns.CheckLabel(
        context,
        shape,
        Label,
        column => column.IsKey && column.ItemType == NumberDataViewType.UInt32,
        "Key<UInt32> (put Transforms.Conversion.MapValueToKey(\"" + Label + "\") in front)");

    /// <summary>The number of classes that the label column's key type counts.</summary>
    internal static int ClassCount(IExceptionContext context, DataViewSchema.Column label)
    {
        ulong count = ((KeyDataViewType)label.Type).Count;
        if (count > MaxClassCount)
        {
            string most = string.Create(CultureInfo.InvariantCulture, $"a key type of at most {MaxClassCount:N0} values (Transforms.Conversion.MapValueToKey makes one; hashing does not)");
            throw InputColumns.Mismatch(context, "label", label.Name, most, string.Create(CultureInfo.InvariantCulture, $"one of {count:N0}"));
        }

        return (int)count;
    }

    /// <summary>Adds the added columns.</summary>
    internal void AddTo(DataViewSchema.Builder builder, uint setId, int classCount, ClassValues? classes)
    {
        DataViewSchema.Annotations.Builder predicted = AddedColumns.ScoreAnnotations(Task, "PredictedLabel", setId);
        classes?.Annotate(predicted, ClassValues.Annotation);
        builder.AddColumn(PredictedLabel, new KeyDataViewType(typeof(uint), classCount), predicted.ToAnnotations());

        DataViewSchema.Annotations.Builder score = AddedColumns.ScoreAnnotations(Task, "Score", setId);
        if (classes is not null)
        {
            SlotNames.Add(score, classes.Names);
            classes.Annotate(score, "TrainingLabelValues");
        }

        builder.AddColumn(Score, new VectorDataViewType(NumberDataViewType.Single, classCount), score.ToAnnotations());
    }
}

using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The columns that scoring adds, with the annotations by which ML.NET's evaluators and other transforms know them.</summary>
internal static class OutputColumns
{
    /// <summary>The columns' place behind those of the input.</summary>
    internal const int PredictedLabelOffset = 0;

    /// <inheritdoc cref="PredictedLabelOffset"/>
    internal const int ScoreOffset = 1;

    private const string ScoreColumnSetId = "ScoreColumnSetId";
    private const string Classification = "MulticlassClassification";

    /// <summary>The input's columns and the added ones.</summary>
    internal static DataViewSchema Append(DataViewSchema input, ColumnNames names, int classCount, ClassValues? classes)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        Add(builder, names, classCount, classes, NextSetId(input));
        return builder.ToSchema();
    }

    /// <summary>The added columns alone.</summary>
    internal static DataViewSchema Alone(ColumnNames names, int classCount, ClassValues? classes)
    {
        var builder = new DataViewSchema.Builder();
        Add(builder, names, classCount, classes, setId: 1);
        return builder.ToSchema();
    }

    /// <summary>The input's columns and a regression's score.</summary>
    internal static DataViewSchema AppendNumber(DataViewSchema input, ColumnNames names)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        AddNumber(builder, names, NextSetId(input));
        return builder.ToSchema();
    }

    /// <summary>A regression's score alone.</summary>
    internal static DataViewSchema NumberAlone(ColumnNames names)
    {
        var builder = new DataViewSchema.Builder();
        AddNumber(builder, names, setId: 1);
        return builder.ToSchema();
    }

    private static void AddNumber(DataViewSchema.Builder builder, ColumnNames names, uint setId) =>
        builder.AddColumn(names.Score, NumberDataViewType.Single, Common("Regression", "Score", setId).ToAnnotations());

    private static void Add(DataViewSchema.Builder builder, ColumnNames names, int classCount, ClassValues? classes, uint setId)
    {
        DataViewSchema.Annotations.Builder predicted = Common(Classification, "PredictedLabel", setId);
        classes?.Annotate(predicted, ClassValues.Annotation);
        builder.AddColumn(names.PredictedLabel!, new KeyDataViewType(typeof(uint), classCount), predicted.ToAnnotations());

        DataViewSchema.Annotations.Builder score = Common(Classification, "Score", setId);
        if (classes is not null)
        {
            SlotNames.Add(score, classes.Names);
            classes.Annotate(score, "TrainingLabelValues");
        }

        builder.AddColumn(names.Score, new VectorDataViewType(NumberDataViewType.Single, classCount), score.ToAnnotations());
    }

    private static DataViewSchema.Annotations.Builder Common(string columnKind, string valueKind, uint setId)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(ScoreColumnSetId, new KeyDataViewType(typeof(uint), int.MaxValue), (ref uint value) => value = setId);
        annotations.AddPrimitiveValue("ScoreColumnKind", TextDataViewType.Instance, columnKind.AsMemory());
        annotations.AddPrimitiveValue("ScoreValueKind", TextDataViewType.Instance, valueKind.AsMemory());
        return annotations;
    }

    // Each scorer's columns carry a number of their own, one above the highest in front.
    private static uint NextSetId(DataViewSchema input)
    {
        uint highest = 0;
        foreach (DataViewSchema.Column column in input)
        {
            if (column.Annotations.Schema.GetColumnOrNull(ScoreColumnSetId)?.Type is KeyDataViewType { RawType: var raw } && raw == typeof(uint))
            {
                uint id = 0;
                column.Annotations.GetValue(ScoreColumnSetId, ref id);
                highest = Math.Max(highest, id);
            }
        }

        return highest + 1;
    }
}

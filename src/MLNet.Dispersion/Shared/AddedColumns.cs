using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Puts added columns behind others, and scores under the annotations by which ML.NET's evaluators and other transforms know them.</summary>
internal static class AddedColumns
{
    private const string ScoreColumnSetId = "ScoreColumnSetId";

    /// <summary>The input's columns and the added ones.</summary>
    /// <param name="input">The input's columns.</param>
    /// <param name="add">Adds columns; the number is for <see cref="ScoreAnnotations"/>.</param>
    internal static DataViewSchema Append(DataViewSchema input, Action<DataViewSchema.Builder, uint> add)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        add(builder, NextSetId(input));
        return builder.ToSchema();
    }

    /// <summary>The added columns alone.</summary>
    /// <inheritdoc cref="Append"/>
    internal static DataViewSchema Alone(Action<DataViewSchema.Builder, uint> add)
    {
        var builder = new DataViewSchema.Builder();
        add(builder, 1);
        return builder.ToSchema();
    }

    /// <summary>The annotations that tell a score from other columns.</summary>
    /// <param name="columnKind">The task, as ML.NET calls it: <c>MulticlassClassification</c>, …</param>
    /// <param name="valueKind">What the column holds of it: <c>Score</c>, <c>PredictedLabel</c>, …</param>
    /// <param name="setId">The number that the columns of one scorer share.</param>
    internal static DataViewSchema.Annotations.Builder ScoreAnnotations(string columnKind, string valueKind, uint setId)
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

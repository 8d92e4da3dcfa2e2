using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Scoring;

/// <summary>Makes the getters of the added columns from the class probabilities of the current row.</summary>
internal static class ScoreGetters
{
    /// <summary>The class probabilities of the row that the cursor stands on.</summary>
    internal delegate ReadOnlySpan<float> CurrentScores();

    internal static ValueGetter<TValue> Create<TValue>(bool predictedLabel, DataViewSchema.Column column, CurrentScores current)
    {
        Delegate getter = predictedLabel
            ? (ValueGetter<uint>)((ref uint value) => value = BestClass(current()))
            : (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Copy(current(), ref value));
        return getter as ValueGetter<TValue> ?? throw WrongType<TValue>(column);
    }

    internal static InvalidOperationException WrongType<TValue>(DataViewSchema.Column column) =>
        new($"Column '{column.Name}' holds values of type {column.Type.RawType}, not {typeof(TValue)}.");

    internal static InvalidOperationException Inactive(DataViewSchema.Column column) =>
        new($"Column '{column.Name}' is not active: ask for it when the cursor is made.");

    // Key values count from 1; 0, "missing", is left for a row whose probabilities are not numbers.
    private static uint BestClass(ReadOnlySpan<float> scores)
    {
        int best = -1;
        for (int i = 0; i < scores.Length; i++)
        {
            if (!float.IsNaN(scores[i]) && (best < 0 || scores[i] > scores[best]))
            {
                best = i;
            }
        }

        return (uint)(best + 1);
    }

    private static void Copy(ReadOnlySpan<float> scores, ref VBuffer<float> value)
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, scores.Length);
        scores.CopyTo(editor.Values);
        value = editor.Commit();
    }
}

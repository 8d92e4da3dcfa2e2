using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>The rows of the training data, read once into memory.</summary>
/// <param name="First">Of the first column.</param>
/// <param name="Second">Of the second; null where there is none.</param>
/// <param name="Third">Of the third; null where there is none.</param>
/// <param name="Weights">How much each counts; null where all count the same.</param>
internal sealed record AnswerRows(List<string> First, List<string>? Second, List<string>? Third, List<float>? Weights)
{
    internal int Count => First.Count;

    /// <summary>How much a row counts.</summary>
    internal float WeightOf(int row) => Weights?[row] ?? 1;

    internal static AnswerRows Read(IDataView data, string first, string? second, string? third, string? weight, FitCancellation cancellation)
    {
        var rows = new AnswerRows([], second is null ? null : [], third is null ? null : [], weight is null ? null : []);
        DataViewSchema.Column[] columns = [.. new[] { first, second, third, weight }.OfType<string>().Select(name => data.Schema[name])];
        using DataViewRowCursor cursor = data.GetRowCursor(columns);
        Func<string> readFirst = TextBuffer.Reader(cursor, data.Schema[first]);
        Func<string>? readSecond = second is null ? null : TextBuffer.Reader(cursor, data.Schema[second]);
        Func<string>? readThird = third is null ? null : TextBuffer.Reader(cursor, data.Schema[third]);
        ValueGetter<float>? readWeight = weight is null ? null : cursor.GetGetter<float>(data.Schema[weight]);
        float counted = 1;
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfRequested();
            rows.First.Add(readFirst());
            rows.Second?.Add(readSecond!());
            rows.Third?.Add(readThird!());
            readWeight?.Invoke(ref counted);
            rows.Weights?.Add(counted);
        }

        return rows.Count > 0 ? rows : throw new ArgumentException("The training data is empty: it has no rows. Fit needs at least one.");
    }
}

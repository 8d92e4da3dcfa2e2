using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>The one way in which training reads data: once, row by row.</summary>
internal static class TrainingReader
{
    /// <summary>Reads all rows.</summary>
    /// <param name="data">The data.</param>
    /// <param name="columns">The columns that are read; null stands for one that is not there.</param>
    /// <param name="cancellation">Looked at before each row.</param>
    /// <param name="begin">Makes of a cursor what takes the row that it stands on.</param>
    internal static void Read(IDataView data, IEnumerable<string?> columns, FitCancellation cancellation, Func<DataViewRowCursor, Action> begin)
    {
        using DataViewRowCursor cursor = data.GetRowCursor([.. columns.OfType<string>().Select(name => data.Schema[name])]);
        Action take = begin(cursor);
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfRequested();
            take();
        }
    }

    /// <summary>What takes the text of a row into a list; it says whether the text is blank.</summary>
    /// <param name="cursor">The cursor.</param>
    /// <param name="column">A column of texts, or of vectors of them, which are taken as JSON.</param>
    /// <param name="into">The list.</param>
    internal static Func<bool> TextInto(DataViewRowCursor cursor, string column, StoredTexts into)
    {
        Func<string> read = TextBuffer.Reader(cursor, cursor.Schema[column]);
        return () =>
        {
            string text = read();
            into.Add(text);
            return string.IsNullOrWhiteSpace(text);
        };
    }
}

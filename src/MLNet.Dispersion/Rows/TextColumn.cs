using System.Collections;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>The texts of one column, read as they are asked for: that column alone, and no more rows than wanted.</summary>
internal sealed class TextColumn : IEnumerable<string?>
{
    private readonly IDataView _data;
    private readonly DataViewSchema.Column _column;
    private readonly HostCancellation _cancellation;

    private TextColumn(IDataView data, DataViewSchema.Column column, HostCancellation cancellation)
    {
        _data = data;
        _column = column;
        _cancellation = cancellation;
    }

    /// <summary>The texts; with their number, where the data knows it without counting.</summary>
    /// <param name="data">The data.</param>
    /// <param name="columnName">A column of text.</param>
    /// <param name="cancellation">Looked at before each row.</param>
    internal static IEnumerable<string?> Of(IDataView data, string columnName, HostCancellation cancellation)
    {
        var texts = new TextColumn(data, data.Schema[columnName], cancellation);
        return data.GetRowCount() is { } rows and <= int.MaxValue ? new Counted(texts, (int)rows) : texts;
    }

    public IEnumerator<string?> GetEnumerator()
    {
        using DataViewRowCursor cursor = _data.GetRowCursor([_column]);
        ValueGetter<ReadOnlyMemory<char>> read = cursor.GetGetter<ReadOnlyMemory<char>>(_column);
        ReadOnlyMemory<char> text = default;
        while (cursor.MoveNext())
        {
            _cancellation.ThrowIfRequested();
            read(ref text);
            yield return text.ToString();
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // What Enumerable.TryGetNonEnumeratedCount asks, so that measuring knows how far it is.
    private sealed class Counted(TextColumn texts, int count) : IEnumerable<string?>, ICollection
    {
        public int Count => count;

        public bool IsSynchronized => false;

        public object SyncRoot => this;

        public void CopyTo(Array array, int index)
        {
            foreach (string? text in texts)
            {
                array.SetValue(text, index++);
            }
        }

        public IEnumerator<string?> GetEnumerator() => texts.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Serving;

/// <summary>Rows of requests as ML.NET's data, in the columns that a model was saved with. Immutable and thread-safe.</summary>
/// <param name="schema">The columns.</param>
/// <param name="fields">The columns of which rows may have values.</param>
/// <param name="rows">Values a row, by the places of the fields, each of its column's raw type; null where a row has none.</param>
internal sealed class RowsView(DataViewSchema schema, IReadOnlyList<InputField> fields, IReadOnlyList<object?[]> rows) : IDataView
{
    /// <inheritdoc/>
    public bool CanShuffle => false;

    /// <inheritdoc/>
    public DataViewSchema Schema => schema;

    /// <inheritdoc/>
    public long? GetRowCount() => rows.Count;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new Cursor(this, [.. columnsNeeded.Select(column => column.Index)]);

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private object? Value(int row, int field) => rows[row][field] ?? fields[field].Missing;

    private int FieldOf(int column)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields[i].Column.Index == column)
            {
                return i;
            }
        }

        return -1;
    }

    private int Count => rows.Count;

    private sealed class Cursor(RowsView view, HashSet<int> active) : DataViewRowCursor
    {
        private int _row = -1;

        public override DataViewSchema Schema => view.Schema;

        public override long Position => _row < view.Count ? _row : -1;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override bool MoveNext()
        {
            _row = _row + 1 < view.Count ? _row + 1 : view.Count;
            return _row < view.Count;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_row, 0);

        // A column that no row has, or can have, gives what its type begins with.
        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            int field = view.FieldOf(column.Index);
            return (ref TValue value) => value = field >= 0 && view.Value(_row, field) is TValue found ? found : default!;
        }
    }
}

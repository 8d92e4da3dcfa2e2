using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Walks over a <see cref="TableDataView"/>.</summary>
internal sealed class TableCursor(TableDataView table, IReadOnlyList<TableColumn> columns, HashSet<int> active) : DataViewRowCursor
{
    private int _row = -1;
    private bool _ended;

    public override DataViewSchema Schema => table.Schema;

    public override long Position => _row;

    public override long Batch => 0;

    public override bool MoveNext()
    {
        _ended |= _row + 1 >= table.Count;
        _row = _ended ? -1 : _row + 1;
        return !_ended;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)Row(), 0);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
        {
            throw GetterErrors.Inactive(column);
        }

        return columns[column.Index].Getter(Row) as ValueGetter<TValue> ?? throw GetterErrors.WrongType<TValue>(column);
    }

    protected override void Dispose(bool disposing)
    {
        _ended = true;
        base.Dispose(disposing);
    }

    private int Row() => _row >= 0 ? _row : throw GetterErrors.NotOnARow();
}

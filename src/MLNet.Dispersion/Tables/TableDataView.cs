using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>A small table in memory as ML.NET's data: figures to be filtered, joined, saved or plotted there. Immutable and thread-safe.</summary>
public sealed class TableDataView : IDataView
{
    private readonly IReadOnlyList<TableDataColumn> _columns;

    /// <summary>Makes a table of columns.</summary>
    /// <param name="columns">The columns, at least one, all of as many values.</param>
    /// <exception cref="ArgumentException">There is no column, or not all have as many values.</exception>
    public TableDataView(IReadOnlyList<TableDataColumn> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Count == 0 || columns.Any(column => column.Count != columns[0].Count))
        {
            throw new ArgumentException(
                columns.Count == 0 ? "A table needs at least one column." : $"All columns of a table need as many values: {string.Join(", ", columns.Select(column => $"'{column.Name}' has {column.Count}"))}.",
                nameof(columns));
        }

        _columns = [.. columns];
        var builder = new DataViewSchema.Builder();
        foreach (TableDataColumn column in columns)
        {
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        }

        Schema = builder.ToSchema();
    }

    /// <inheritdoc/>
    public bool CanShuffle => false;

    /// <inheritdoc/>
    public DataViewSchema Schema { get; }

    internal int Count => _columns[0].Count;

    /// <inheritdoc/>
    public long? GetRowCount() => Count;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new TableCursor(this, _columns, [.. columnsNeeded.Select(column => column.Index)]);

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];
}

/// <summary>Walks over a <see cref="TableDataView"/>.</summary>
internal sealed class TableCursor(TableDataView table, IReadOnlyList<TableDataColumn> columns, HashSet<int> active) : DataViewRowCursor
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

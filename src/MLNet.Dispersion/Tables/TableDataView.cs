using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>A small table in memory as ML.NET's data. Immutable and thread-safe.</summary>
internal sealed class TableDataView : IDataView
{
    private readonly IReadOnlyList<TableColumn> _columns;

    /// <param name="columns">The columns, at least one, all of as many values.</param>
    internal TableDataView(IReadOnlyList<TableColumn> columns)
    {
        _columns = columns;
        var builder = new DataViewSchema.Builder();
        foreach (TableColumn column in columns)
        {
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        }

        Schema = builder.ToSchema();
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    internal int Count => _columns[0].Count;

    public long? GetRowCount() => Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new TableCursor(this, _columns, [.. columnsNeeded.Select(column => column.Index)]);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];
}

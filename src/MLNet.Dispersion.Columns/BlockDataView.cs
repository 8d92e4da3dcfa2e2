using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Columns;

/// <summary>Rows of a file that is read block by block.</summary>
internal interface IBlockReader : IDisposable
{
    /// <summary>Reads the next block.</summary>
    /// <returns>Its rows and columns, those that were asked for by their places; null at the end.</returns>
    (int Rows, IReadOnlyDictionary<int, BlockColumn> Columns)? Next();
}

/// <summary>A file of columns as ML.NET's data. Thread-safe; each cursor reads the file by itself.</summary>
/// <param name="columns">The columns.</param>
/// <param name="rows">How many rows there are, where that is known.</param>
/// <param name="open">Begins to read the columns of these places.</param>
internal sealed class BlockDataView(IReadOnlyList<ColumnType> columns, long? rows, Func<IReadOnlySet<int>, IBlockReader> open) : IDataView
{
    public bool CanShuffle => false;

    public DataViewSchema Schema { get; } = SchemaOf(columns);

    internal IReadOnlyList<ColumnType> Columns => columns;

    public long? GetRowCount() => rows;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        HashSet<int> active = [.. columnsNeeded.Select(column => column.Index)];
        return new BlockCursor(this, active, open(active));
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    /// <summary>The columns that are asked for, of those of a file.</summary>
    /// <exception cref="ArgumentException">One is not there.</exception>
    internal static IReadOnlyList<string> Chosen(IReadOnlyList<string> present, IReadOnlyList<string>? asked, string path)
    {
        if (asked is null)
        {
            return present;
        }

        string[] missing = [.. asked.Except(present, StringComparer.Ordinal)];
        return missing.Length == 0
            ? [.. asked.Distinct(StringComparer.Ordinal)]
            : throw new ArgumentException($"'{path}' has no column {Printable.FirstTen(missing)}; it has {Printable.FirstTen([.. present])}.", nameof(asked));
    }

    private static DataViewSchema SchemaOf(IReadOnlyList<ColumnType> columns)
    {
        var builder = new DataViewSchema.Builder();
        foreach (ColumnType column in columns)
        {
            builder.AddColumn(column.Name, column.Type);
        }

        return builder.ToSchema();
    }
}

/// <summary>Walks over the rows of such a file.</summary>
internal sealed class BlockCursor(BlockDataView data, IReadOnlySet<int> active, IBlockReader reader) : DataViewRowCursor
{
    private (int Rows, IReadOnlyDictionary<int, BlockColumn> Columns) _block = (0, new Dictionary<int, BlockColumn>());
    private int _row = -1;
    private long _position = -1;
    private bool _ended;

    public override DataViewSchema Schema => data.Schema;

    public override long Position => _position;

    public override long Batch => 0;

    public override bool MoveNext()
    {
        while (!_ended && ++_row >= _block.Rows)
        {
            _row = -1;
            if (reader.Next() is { } next)
            {
                _block = next;
            }
            else
            {
                _ended = true;
            }
        }

        _position = _ended ? -1 : _position + 1;
        return !_ended;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) =>
    {
        Row();
        id = new DataViewRowId((ulong)_position, 0);
    };

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
        {
            throw new InvalidOperationException($"Column '{column.Name}' is not active: ask for it when the cursor is made.");
        }

        return data.Columns[column.Index].Getter(() => _block.Columns[column.Index], Row) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds values of type {column.Type.RawType}, not {typeof(TValue)}.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _ended = true;
            reader.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Row() => !_ended && _row >= 0 ? _row : throw new InvalidOperationException("The cursor is not on a row: call MoveNext first, and read only while it returns true.");
}

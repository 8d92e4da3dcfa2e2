using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The input with the added columns, scored in blocks while it is read.</summary>
internal sealed class ScoredDataView(RowScoring scoring, IDataView input) : IDataView
{
    private readonly ScoringSchema _schema = scoring.Schema;
    private readonly RepeatedScoring _passes = new(scoring.Host, scoring.Schema.TextColumns, scoring.Done);

    public bool CanShuffle => input.CanShuffle;

    public DataViewSchema Schema => _schema.Output;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        HashSet<int> active = Begin(columnsNeeded);
        return Cursor(input.GetRowCursor(_schema.InputColumns(active), rand), active);
    }

    /// <summary>One cursor where anything is scored (there is one model, and it keeps every core busy), else as many as the input gives.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        HashSet<int> active = Begin(columnsNeeded);
        DataViewRowCursor[] cursors = input.GetRowCursorSet(_schema.InputColumns(active), _schema.NeedsScores(active) ? 1 : n, rand);
        return [.. cursors.Select(cursor => Cursor(cursor, active))];
    }

    private HashSet<int> Begin(IEnumerable<DataViewSchema.Column> columnsNeeded)
    {
        HashSet<int> active = ScoringSchema.Indices(columnsNeeded);
        if (_schema.NeedsScores(active))
        {
            _passes.PassBegins();
        }

        return active;
    }

    // Rows are read ahead only where that pays (something is scored) and is possible (the columns passed through can be kept).
    private DataViewRowCursor Cursor(DataViewRowCursor cursor, HashSet<int> active)
    {
        bool lookAhead = _schema.NeedsScores(active) && _schema.Input.All(column => !active.Contains(column.Index) || ColumnBuffer.CanKeep(column.Type));
        return lookAhead
            ? new LookAheadCursor(scoring, cursor, active)
            : new RowByRowCursor(cursor, new ScoredRow(scoring, cursor, active));
    }
}

/// <summary>A cursor without look-ahead: for passes that score nothing, and for columns whose values cannot be kept, such as images.</summary>
/// <param name="input">The input's cursor.</param>
/// <param name="row">The row that <paramref name="input"/> stands on, with the added columns; it owns <paramref name="input"/>.</param>
internal sealed class RowByRowCursor(DataViewRowCursor input, ScoredRow row) : DataViewRowCursor
{
    public override DataViewSchema Schema => row.Schema;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override bool MoveNext() => input.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => row.IsColumnActive(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => row.GetGetter<TValue>(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            row.Dispose();
        }

        base.Dispose(disposing);
    }
}

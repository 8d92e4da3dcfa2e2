using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>The input with the added columns, scored in blocks while it is read.</summary>
internal sealed class ScoredDataView(RowScoring scoring, IDataView input) : IDataView
{
    private readonly ScoringSchema _schema = scoring.Schema;

    public bool CanShuffle => input.CanShuffle;

    public DataViewSchema Schema => _schema.Output;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        HashSet<int> active = ScoringSchema.Indices(columnsNeeded);
        return Cursor(input.GetRowCursor(_schema.InputColumns(active), rand), active);
    }

    /// <summary>One cursor where anything is scored (there is one model, and it keeps every core busy), else as many as the input gives.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        HashSet<int> active = ScoringSchema.Indices(columnsNeeded);
        DataViewRowCursor[] cursors = input.GetRowCursorSet(_schema.InputColumns(active), _schema.NeedsScores(active) ? 1 : n, rand);
        return [.. cursors.Select(cursor => Cursor(cursor, active))];
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

using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

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

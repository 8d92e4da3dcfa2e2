using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>One row with the added columns: a forward pass for a row at its first score, whichever columns are read and however often.</summary>
internal sealed class ScoredRow(RowScoring scoring, DataViewRow input, IReadOnlySet<int> active) : DataViewRow
{
    private const long Nowhere = long.MinValue;
    private readonly ScoringSchema _schema = scoring.Schema;
    private readonly AddedValues _values = scoring.NewValues();
    private readonly TruncationWarning _warning = scoring.NewWarning();
    private long _scoredPosition = Nowhere;
    private TextBuffer? _text;
    private bool _disposed;

    public override DataViewSchema Schema => _schema.Output;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
        {
            throw GetterErrors.Inactive(column);
        }

        if (!_schema.IsAdded(column.Index))
        {
            return input.GetGetter<TValue>(_schema.Input[column.Index]);
        }

        _text ??= new TextBuffer(_schema, input, capacity: 1);
        return _values.Getter(_schema.Offset(column.Index), ScoredSlot) as ValueGetter<TValue> ?? throw GetterErrors.WrongType<TValue>(column);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            input.Dispose();
        }

        base.Dispose(disposing);
    }

    private int ScoredSlot()
    {
        if (_scoredPosition != input.Position)
        {
            _scoredPosition = Nowhere;
            _text!.Capture(0);
            _warning.Count(_values.Fill(_text.Texts(1), input.Position));
            _scoredPosition = input.Position;
            _warning.Report();
        }

        return 0;
    }
}

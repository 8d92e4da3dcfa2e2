using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>
/// Reads a block of rows ahead, keeps their active columns, and scores the whole block at once when the first score of it is asked for.
/// Blocks start small and double, so that whoever wants only the first rows does not pay for hundreds.
/// </summary>
internal sealed class LookAheadCursor : DataViewRowCursor
{
    internal const int FirstBlock = 32;
    internal const int LargestBlock = 256;

    private readonly ScoringSchema _schema;
    private readonly DataViewRowCursor _input;
    private readonly HashSet<int> _active;
    private readonly AddedValues _values;
    private readonly TruncationWarning _warning;
    private readonly HostCancellation _cancellation;
    private readonly Dictionary<int, ColumnBuffer> _buffers = [];
    private readonly TextBuffer _texts;
    private readonly ValueGetter<DataViewRowId> _readId;
    private readonly DataViewRowId[] _ids = new DataViewRowId[LargestBlock];
    private readonly long[] _batches = new long[LargestBlock];
    private bool _scored;
    private int _blockSize = FirstBlock;
    private int _rows;
    private int _slot = -1;
    private long _position = -1;
    private bool _inputEnded;
    private bool _ended;
    private bool _disposed;

    internal LookAheadCursor(RowScoring scoring, DataViewRowCursor input, HashSet<int> active)
    {
        _schema = scoring.Schema;
        _input = input;
        _active = active;
        _values = scoring.NewValues();
        _warning = scoring.NewWarning();
        _cancellation = new HostCancellation(scoring.Host);
        foreach (DataViewSchema.Column column in _schema.Input.Where(column => active.Contains(column.Index)))
        {
            _buffers[column.Index] = ColumnBuffer.Create(input, column, LargestBlock);
        }

        _texts = new TextBuffer(_schema, input, LargestBlock);
        _readId = input.GetIdGetter();
    }

    public override DataViewSchema Schema => _schema.Output;

    public override long Position => _position;

    public override long Batch => _batches[Math.Max(0, _slot)];

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _ids[CurrentSlot()];

    public override bool MoveNext()
    {
        if (_ended)
        {
            return false;
        }

        if (++_slot >= _rows && !ReadBlock())
        {
            _ended = true;
            _position = -1;
            _warning.Report();
            return false;
        }

        _position++;
        return true;
    }

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
        {
            throw GetterErrors.Inactive(column);
        }

        if (_schema.IsAdded(column.Index))
        {
            return _values.Getter(_schema.Offset(column.Index), ScoredSlot) as ValueGetter<TValue> ?? throw GetterErrors.WrongType<TValue>(column);
        }

        return _buffers[column.Index].Getter(CurrentSlot) as ValueGetter<TValue> ?? throw GetterErrors.WrongType<TValue>(column);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _ended = true;
            _input.Dispose();
            _warning.Report();
        }

        base.Dispose(disposing);
    }

    private bool ReadBlock()
    {
        _cancellation.ThrowIfRequested();
        _blockSize = _rows == 0 ? FirstBlock : Math.Min(_blockSize * 2, LargestBlock);
        _scored = false;
        _slot = 0;
        for (_rows = 0; _rows < _blockSize && !_inputEnded; _rows++)
        {
            if (!_input.MoveNext())
            {
                _inputEnded = true;
                break;
            }

            CaptureRow(_rows);
        }

        return _rows > 0;
    }

    private void CaptureRow(int slot)
    {
        foreach (ColumnBuffer buffer in _buffers.Values)
        {
            buffer.Capture(slot);
        }

        _texts.Capture(slot);
        _readId(ref _ids[slot]);
        _batches[slot] = _input.Batch;
    }

    private int CurrentSlot() => _position >= 0 ? _slot : throw GetterErrors.NotOnARow();

    private int ScoredSlot()
    {
        int slot = CurrentSlot();
        if (!_scored)
        {
            _warning.Count(_values.Fill(_texts.Texts(_rows), _position - slot));
            _scored = true;
        }

        return slot;
    }
}

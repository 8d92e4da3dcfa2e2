using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Scoring;

/// <summary>One row with the added columns: a forward pass for a row at its first score, whichever columns are read and however often.</summary>
internal sealed class ScoredRow(SharedScorer scorer, ScoringSchema schema, DataViewRow input, IReadOnlySet<int> active, TruncationWarning warning) : DataViewRow
{
    private const long Nowhere = long.MinValue;
    private readonly string?[] _text = new string?[1];
    private float[] _scores = [];
    private long _scoredPosition = Nowhere;
    private ValueGetter<ReadOnlyMemory<char>>? _textGetter;
    private bool _disposed;

    public override DataViewSchema Schema => schema.Output;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
        {
            throw ScoreGetters.Inactive(column);
        }

        if (!schema.IsAdded(column.Index))
        {
            return input.GetGetter<TValue>(schema.Input[column.Index]);
        }

        _textGetter ??= input.GetGetter<ReadOnlyMemory<char>>(schema.Text);
        return ScoreGetters.Create<TValue>(schema.IsPredictedLabel(column.Index), column, Scores);
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

    private ReadOnlySpan<float> Scores()
    {
        if (_scoredPosition != input.Position)
        {
            _scoredPosition = Nowhere;
            ReadOnlyMemory<char> text = default;
            _textGetter!(ref text);
            _text[0] = text.ToString();
            _scores = scorer.Score(_text, out int truncated);
            _scoredPosition = input.Position;
            warning.Count(truncated);
            warning.Report();
        }

        return _scores;
    }
}

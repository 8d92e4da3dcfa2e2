using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data that belong together, with scores and negatives where there are any.</summary>
internal sealed class EmbeddingRows(EmbeddingColumns columns, RowStorage storage) : LabelledRows(columns, storage)
{
    private readonly List<float> _scores = [];
    private StoredTexts[] _negatives = [];
    private (int Row, float Score)? _infinite;

    /// <summary>First texts, second ones, and negatives, column by column.</summary>
    internal IReadOnlyList<IReadOnlyList<string>> TextColumns => [Texts, SecondTexts!, .. _negatives];

    /// <summary>How alike the first and second text of each row are; null where rows have no scores.</summary>
    internal IReadOnlyList<float>? Scores => columns.HasLabel ? _scores : null;

    /// <inheritdoc/>
    internal override (int Count, string Name) Encoded => (Texts.Count * TextColumns.Count, "texts");

    /// <exception cref="ArgumentException">A score is infinite, or no row has one, or all have the same.</exception>
    internal override void CheckTrainable(IExceptionContext context)
    {
        if (_infinite is var (row, value))
        {
            throw context.Process(new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"The score in column '{Columns.Label}' of row {row} (from 0) is {value}; scores must be finite. Correct it, or filter such rows out.")));
        }

        if (Texts.Count == 0)
        {
            throw context.Process(new ArgumentException(NoRows() + " Fit needs rows of texts that belong together."));
        }

        if (columns.HasLabel && _scores.TrueForAll(score => score.Equals(_scores[0])))
        {
            throw context.Process(new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"All {Texts.Count} training rows have the same score, {_scores[0]}, in column '{Columns.Label}'. Fit needs rows of different scores, or none: leave out labelColumnName.")));
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        Array.ForEach(_negatives, texts => texts.Dispose());
    }

    private protected override Func<bool> LabelReader(DataViewRowCursor cursor, DataViewSchema.Column label)
    {
        ValueGetter<float>? readScore = columns.HasLabel ? cursor.GetGetter<float>(label) : null;
        Action takeNegatives = columns.Negative is { } negative ? NegativeReader(cursor, cursor.Schema[negative]) : () => { };
        float score = 0;
        return () =>
        {
            readScore?.Invoke(ref score);
            if (float.IsNaN(score))
            {
                return false;
            }

            if (float.IsInfinity(score))
            {
                _infinite ??= (RowsRead - 1, score);
            }

            _scores.Add(score);
            takeNegatives();
            return true;
        };
    }

    private Action NegativeReader(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        // Once: a validation set's negatives stand behind those of the training data.
        if (_negatives.Length == 0)
        {
            _negatives = [.. Enumerable.Range(0, column.Type is VectorDataViewType vector ? vector.Size : 1).Select(_ => new StoredTexts(Storage))];
        }

        if (column.Type is not VectorDataViewType)
        {
            Func<string> read = TextBuffer.Reader(cursor, column);
            return () => _negatives[0].Add(read());
        }

        ValueGetter<VBuffer<ReadOnlyMemory<char>>> readAll = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
        return () =>
        {
            foreach ((int slot, string text) in Vectors.Texts(readAll).Index())
            {
                _negatives[slot].Add(text);
            }
        };
    }
}

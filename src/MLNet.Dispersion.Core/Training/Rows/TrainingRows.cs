namespace MLNet.Dispersion;

/// <summary>Tokenised rows: each one sequence, or several that belong together. What is to be predicted of them the objective knows, by their place here.</summary>
internal sealed class TrainingRows
{
    private readonly EncodedTexts _texts;
    private readonly int[]? _starts;

    internal TrainingRows(IReadOnlyList<int[]> sequences)
        : this(new EncodedTexts(sequences, SecondStarts: null, Truncated: 0))
    {
    }

    /// <param name="texts">The sequences, those of a row side by side.</param>
    /// <param name="counts">How many sequences each row has, each at least 1; null where each has one.</param>
    internal TrainingRows(EncodedTexts texts, IReadOnlyList<int>? counts = null)
    {
        _texts = texts;
        if (counts is null)
        {
            return;
        }

        _starts = new int[counts.Count + 1];
        for (int row = 0; row < counts.Count; row++)
        {
            _starts[row + 1] = _starts[row] + counts[row];
        }
    }

    /// <summary>Which example each row is a window of, where long ones are cut into several: those of one are held out together. Null where each row is one.</summary>
    internal IReadOnlyList<int>? Examples => _texts.Examples;

    /// <summary>The sequences of all rows.</summary>
    internal IReadOnlyList<int[]> Sequences => _texts.Sequences;

    internal int Count => _starts?.Length - 1 ?? Sequences.Count;

    /// <summary>The tokens of all rows.</summary>
    internal long Tokens => Enumerable.Range(0, Sequences.Count).Sum(place => (long)LengthOf(place));

    /// <summary>How many texts were cut off.</summary>
    internal int Truncated => _texts.Truncated;

    /// <summary>The sequences of a row.</summary>
    internal IReadOnlyList<int[]> SequencesOf(int row) => [.. Places(row).Select(place => Sequences[place])];

    /// <summary>The tokens of a row's longest sequence.</summary>
    internal int Length(int row) => _starts is null ? LengthOf(row) : Places(row).Max(LengthOf);

    /// <summary>Some of the rows, padded: the sequences of the first, then those of the next.</summary>
    internal TaskBatch Batch(IReadOnlyList<int> rows, int padId) => new() { Tokens = _texts.Pad([.. rows.SelectMany(Places)], padId), Rows = rows };

    private int LengthOf(int place) => StoredRows.LengthOf(Sequences, place);

    private IEnumerable<int> Places(int row) => _starts is null ? [row] : Enumerable.Range(_starts[row], _starts[row + 1] - _starts[row]);
}

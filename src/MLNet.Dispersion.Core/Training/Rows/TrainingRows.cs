namespace MLNet.Dispersion;

/// <summary>Tokenised rows in memory, with labels where the task has them.</summary>
internal sealed class TrainingRows
{
    private readonly EncodedTexts _texts;

    internal TrainingRows(IReadOnlyList<int[]> sequences, IReadOnlyList<int>? labels)
        : this(new EncodedTexts(sequences, SecondStarts: null, Truncated: 0), labels)
    {
    }

    internal TrainingRows(EncodedTexts texts, IReadOnlyList<int>? labels)
    {
        _texts = texts;
        Labels = labels;
    }

    internal IReadOnlyList<int[]> Sequences => _texts.Sequences;

    /// <summary>Class indices, one a row, where the task has them.</summary>
    internal IReadOnlyList<int>? Labels { get; }

    /// <summary>Numbers to be predicted, one a row, where the task has them.</summary>
    internal IReadOnlyList<float>? Values { get; init; }

    internal int Count => Sequences.Count;

    internal TrainingRows Subset(IReadOnlyList<int> rows) => new(
        new EncodedTexts(Pick(Sequences, rows)!, Pick(_texts.SecondStarts, rows), Truncated: 0),
        Pick(Labels, rows))
    {
        Values = Pick(Values, rows),
    };

    internal TaskBatch Batch(IReadOnlyList<int> rows, int padId)
    {
        TokenBatch tokens = _texts.Pad(rows, padId);
        long[] labels = [.. Pick(Labels, rows)?.Select(label => (long)label) ?? []];
        float[] values = Pick(Values, rows) ?? [];
        bool ofRows = labels.Length + values.Length > 0;
        return new TaskBatch(tokens, labels, ofRows ? tokens.Rows : tokens.TokenCount - tokens.Rows) { Values = values };
    }

    private static T[]? Pick<T>(IReadOnlyList<T>? all, IReadOnlyList<int> rows) => all is null ? null : [.. rows.Select(row => all[row])];
}

namespace MLNet.Dispersion;

/// <summary>Tokenised rows in memory. What is to be predicted of them the objective knows, by their place here.</summary>
internal sealed class TrainingRows
{
    private readonly EncodedTexts _texts;

    internal TrainingRows(IReadOnlyList<int[]> sequences)
        : this(new EncodedTexts(sequences, SecondStarts: null, Truncated: 0))
    {
    }

    internal TrainingRows(EncodedTexts texts) => _texts = texts;

    /// <summary>Which example each row is a window of, where long ones are cut into several: those of one are held out together. Null where each row is one.</summary>
    internal IReadOnlyList<int>? Examples => _texts.Examples;

    internal IReadOnlyList<int[]> Sequences => _texts.Sequences;

    internal int Count => Sequences.Count;

    /// <summary>How many texts were cut off.</summary>
    internal int Truncated => _texts.Truncated;

    /// <summary>Some of the rows, padded.</summary>
    internal TaskBatch Batch(IReadOnlyList<int> rows, int padId) => new() { Tokens = _texts.Pad(rows, padId), Rows = rows };
}

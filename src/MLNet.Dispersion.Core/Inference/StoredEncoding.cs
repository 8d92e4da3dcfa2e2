namespace MLNet.Dispersion;

/// <summary>Texts as token sequences that may be larger than memory.</summary>
internal static class StoredEncoding
{
    private const int AtOnce = 256;

    /// <summary>Encodes texts, some at a time, or finds what was encoded before.</summary>
    /// <param name="storage">Where the tokens are kept.</param>
    /// <param name="texts">The number of texts, or of pairs.</param>
    /// <param name="key">Says of what they are made (<see cref="RowKey"/>).</param>
    /// <param name="encode">Encodes some of them, by their indices.</param>
    /// <param name="isPlain">Whether each is one sequence of one text.</param>
    internal static StoredRows Make(RowStorage storage, int texts, Func<string> key, Func<IEnumerable<int>, EncodedTexts> encode, bool isPlain) => StoredRows.Make(storage, isPlain ? 1 : 2, key, rows =>
    {
        int truncated = 0;
        for (int start = 0; start < texts; start += AtOnce)
        {
            EncodedTexts some = encode(Enumerable.Range(start, Math.Min(AtOnce, texts - start)));
            truncated += some.Truncated;
            foreach ((int place, int[] sequence) in some.Sequences.Index())
            {
                if (isPlain)
                {
                    rows.Add(sequence);
                }
                else
                {
                    rows.Add(sequence, [some.SecondStarts?[place] ?? 0, some.Examples is { } examples ? start + examples[place] : 0]);
                }
            }
        }

        rows.Notes = [truncated];
    });

    /// <summary>What was stored, as the training loop takes it.</summary>
    /// <param name="rows">The rows, which must live as long.</param>
    /// <param name="hasPairs">Whether they are of pairs.</param>
    /// <param name="hasWindows">Whether they are of windows of texts.</param>
    internal static EncodedTexts Read(StoredRows rows, bool hasPairs, bool hasWindows) => new(rows.Column(0), hasPairs ? [.. rows.Column(1).Select(more => more[0])] : null, rows.Notes[0])
    {
        Examples = hasWindows ? [.. rows.Column(1).Select(more => more[1])] : null,
    };
}

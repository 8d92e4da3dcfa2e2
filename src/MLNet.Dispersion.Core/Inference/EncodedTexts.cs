namespace MLNet.Dispersion;

/// <summary>Texts, or pairs of texts, as token sequences.</summary>
/// <param name="Sequences">The sequences, none of them empty.</param>
/// <param name="SecondStarts">Where the second text of each begins; null where there are single texts.</param>
/// <param name="Truncated">How many were cut off.</param>
internal sealed record EncodedTexts(IReadOnlyList<int[]> Sequences, IReadOnlyList<int>? SecondStarts, int Truncated)
{
    /// <summary>Which text each sequence is a window of, where long texts are cut into several; null where each sequence is a text.</summary>
    internal IReadOnlyList<int>? Examples { get; init; }

    /// <summary>What texts have, for each sequence.</summary>
    internal IReadOnlyList<T> Spread<T>(IReadOnlyList<T> ofTexts) => Examples is null ? ofTexts : [.. Examples.Select(text => ofTexts[text])];

    /// <summary>The weights of texts, for each sequence: those of one text share its weight.</summary>
    internal IReadOnlyList<float>? SharedWeights(IReadOnlyList<float>? ofTexts)
    {
        if (Examples is null)
        {
            return ofTexts;
        }

        Dictionary<int, int> windows = Examples.CountBy(text => text).ToDictionary();
        return [.. Examples.Select(text => (ofTexts?[text] ?? 1) / windows[text])];
    }

    /// <summary>The tokens of each text of a sequence, where several share it and none sees another; null where each sequence is one text.</summary>
    internal IReadOnlyList<IReadOnlyList<int>>? TextLengths { get; init; }

    /// <summary>A second sequence of each row, which goes through the model in the same pass; null for none.</summary>
    internal IReadOnlyList<int[]>? Rivals { get; init; }

    /// <summary>Some of them as one batch: the rows, then their rivals where they have any.</summary>
    internal TokenBatch Pad(IReadOnlyList<int> rows, int padId)
    {
        IEnumerable<int[]> own = rows.Select(row => Sequences[row]);
        int[][] sequences = Rivals is null ? [.. own] : [.. own, .. rows.Select(row => Rivals[row])];
        return TextLengths is null
            ? TokenBatch.Pad(sequences, padId, SecondStarts is null ? null : [.. rows.Select(row => SecondStarts[row])])
            : TokenBatch.PadPacked(sequences, padId, [.. rows.Select(row => TextLengths[row])]);
    }
}

namespace MLNet.Dispersion;

/// <summary>Texts, or pairs of texts, as token sequences.</summary>
/// <param name="Sequences">The sequences, none of them empty.</param>
/// <param name="SecondStarts">Where the second text of each begins; null where there are single texts.</param>
/// <param name="Truncated">How many were cut off.</param>
internal sealed record EncodedTexts(IReadOnlyList<int[]> Sequences, IReadOnlyList<int>? SecondStarts, int Truncated)
{
    /// <summary>Some of them as one batch.</summary>
    internal TokenBatch Pad(IReadOnlyList<int> rows, int padId) =>
        TokenBatch.Pad([.. rows.Select(row => Sequences[row])], padId, SecondStarts is null ? null : [.. rows.Select(row => SecondStarts[row])]);
}

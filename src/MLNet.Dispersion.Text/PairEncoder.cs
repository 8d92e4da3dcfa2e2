namespace MLNet.Dispersion.Text;

/// <summary>Joins two texts into one sequence: prefix, first, separator, second, suffix.</summary>
internal static class PairEncoder
{
    /// <summary>The fewest tokens that leave room for one token of each text.</summary>
    internal static int Least(TextTokenizer tokenizer) => Fixed(tokenizer) + 2;

    internal static EncodedPair Encode(TextTokenizer tokenizer, string? first, string? second, int maxTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, Least(tokenizer));
        int room = maxTokens - Fixed(tokenizer);
        var (one, oneCut) = Own(tokenizer, first, maxTokens);
        var (two, twoCut) = Own(tokenizer, second, maxTokens);
        var (kept, keptTwo) = LongestFirst(one.Length, two.Length, room);
        int[] ids = [.. tokenizer.Prefix, .. one[..kept], .. tokenizer.Separator, .. two[..keptTwo], .. tokenizer.Suffix];
        return new EncodedPair(ids, tokenizer.Prefix.Count + kept + tokenizer.Separator.Count, oneCut || twoCut || kept < one.Length || keptTwo < two.Length);
    }

    /// <summary>How much of each text stays when tokens are taken one by one from the end of the longer, of the second where both are as long.</summary>
    internal static (int First, int Second) LongestFirst(int first, int second, int room)
    {
        if (first + second <= room)
        {
            return (first, second);
        }

        int half = room / 2;
        if (first <= half)
        {
            return (first, room - first);
        }

        return second <= half ? (room - second, second) : (room - half, half);
    }

    /// <summary>A text's ids without those that every text gets.</summary>
    internal static (int[] Ids, bool Cut) Own(TextTokenizer tokenizer, string? text, int maxTokens)
    {
        EncodedText encoded = tokenizer.Encode(text, maxTokens);
        return (encoded.Ids[tokenizer.Prefix.Count..^tokenizer.Suffix.Count], encoded.Truncated);
    }

    private static int Fixed(TextTokenizer tokenizer) => tokenizer.Prefix.Count + tokenizer.Separator.Count + tokenizer.Suffix.Count;
}

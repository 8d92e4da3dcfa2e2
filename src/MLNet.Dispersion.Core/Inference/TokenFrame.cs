namespace MLNet.Dispersion;

/// <summary>The tokens that a tokenizer puts around every text.</summary>
/// <param name="Before">In front, such as a beginning-of-sequence token.</param>
/// <param name="After">Behind.</param>
internal sealed record TokenFrame(int[] Before, int[] After)
{
    /// <summary>Finds out by encoding.</summary>
    internal static TokenFrame Of(TextTokenizer tokenizer)
    {
        int[] frame = tokenizer.Encode(string.Empty).Ids;
        int before = frame.AsSpan().CommonPrefixLength(tokenizer.Encode("a").Ids);
        return new TokenFrame(frame[..before], frame[before..]);
    }

    /// <summary>A text's own tokens.</summary>
    internal int[] Content(TextTokenizer tokenizer, string? text) => tokenizer.Encode(text).Ids[Before.Length..^After.Length];
}

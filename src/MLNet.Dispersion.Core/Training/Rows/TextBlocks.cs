namespace MLNet.Dispersion;

/// <summary>Token blocks of texts, one a text.</summary>
public sealed record TextBlocks
{
    /// <summary>Gets the blocks, in the order of the texts, without those that had no tokens.</summary>
    public required IReadOnlyList<int[]> Blocks { get; init; }

    /// <summary>Gets how many texts were longer than a block may be and were cut off.</summary>
    public required int TruncatedTexts { get; init; }
}

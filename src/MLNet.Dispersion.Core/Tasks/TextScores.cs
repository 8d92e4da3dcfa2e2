namespace MLNet.Dispersion;

/// <summary>What a fine-tuned model says of texts, or of pairs of texts.</summary>
public sealed record TextScores
{
    /// <summary>Gets the numbers, row after row, <c>[rows * K]</c>, in the order of the texts; the receiver's own.</summary>
    public required float[] Values { get; init; }

    /// <summary>Gets how many of the texts, or pairs, had more tokens than the model reads and were cut off.</summary>
    public required int TruncatedTexts { get; init; }
}

namespace MLNet.Dispersion.Text;

/// <summary>A text, or a pair of them, as tokens with all that is known of each. Immutable; all lists have one entry a token.</summary>
public sealed record TextEncoding
{
    /// <summary>Gets the token ids.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>Gets the texts of the tokens as the vocabulary has them, or as they stand in the text where they are unknown.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>Gets where in its original text each token lies, in UTF-16 units: begin, and end behind it. (0, 0) for what stands for no text.</summary>
    public required IReadOnlyList<TextRange> Offsets { get; init; }

    /// <summary>Gets where in its original text each token lies, in code points.</summary>
    public required IReadOnlyList<TextRange> CodePointOffsets { get; init; }

    /// <summary>Gets the type ids (BERT's token types).</summary>
    public required IReadOnlyList<int> TypeIds { get; init; }

    /// <summary>Gets whether each token stands for no text: put around texts, or filled up.</summary>
    public required IReadOnlyList<bool> SpecialTokensMask { get; init; }

    /// <summary>Gets whether each token is read by a model: all but those that fill up.</summary>
    public required IReadOnlyList<bool> AttentionMask { get; init; }

    /// <summary>Gets which word each token belongs to: the number of the word given, else of the piece that the text was cut into; null for what stands for no text.</summary>
    public required IReadOnlyList<int?> WordIds { get; init; }

    /// <summary>Gets which text each token belongs to: 0, 1 for the second of a pair, null for what stands for no text.</summary>
    public required IReadOnlyList<int?> SequenceIds { get; init; }

    /// <summary>Gets what was cut off, in rows of the same kind. Empty where nothing was.</summary>
    public required IReadOnlyList<TextEncoding> Overflowing { get; init; }
}

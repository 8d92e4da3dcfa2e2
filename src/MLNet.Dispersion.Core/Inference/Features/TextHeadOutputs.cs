namespace MLNet.Dispersion;

/// <summary>What a model's head says of one text, or pair of texts.</summary>
public sealed record TextHeadOutputs
{
    /// <summary>Gets the logits, in the order of the head's labels: <c>[K]</c> for whole texts, else token after token <c>[L * K]</c>, L being <see cref="TokenIds"/>' number; the receiver's own.</summary>
    public required float[] Logits { get; init; }

    /// <summary>Gets the tokens that went in, those that the tokenizer puts around a text included.</summary>
    public required IReadOnlyList<int> TokenIds { get; init; }

    /// <summary>Gets whether the text, or the pair, had more tokens than the model reads and was cut off.</summary>
    public required bool Truncated { get; init; }
}

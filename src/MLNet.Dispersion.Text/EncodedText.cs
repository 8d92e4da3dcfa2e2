namespace MLNet.Dispersion.Text;

/// <summary>A text as token ids.</summary>
public readonly record struct EncodedText
{
    /// <summary>Gets the token ids, special tokens that the tokenizer adds included.</summary>
    public required int[] Ids { get; init; }

    /// <summary>Gets whether text was cut off because it had more tokens than allowed.</summary>
    public required bool Truncated { get; init; }
}

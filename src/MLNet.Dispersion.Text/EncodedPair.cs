namespace MLNet.Dispersion.Text;

/// <summary>Two texts as one sequence of token ids.</summary>
public readonly record struct EncodedPair
{
    /// <summary>Gets the token ids, special tokens and the separator included.</summary>
    public required int[] Ids { get; init; }

    /// <summary>Gets where the second segment begins: its first token behind the separator.</summary>
    public required int SecondStart { get; init; }

    /// <summary>Gets whether text was cut off because both together had more tokens than allowed.</summary>
    public required bool Truncated { get; init; }
}

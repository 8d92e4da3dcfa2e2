namespace MLNet.Dispersion.Text;

/// <summary>Two texts as one sequence of token ids.</summary>
/// <param name="Ids">The token ids, special tokens and the separator included.</param>
/// <param name="SecondStart">Where the second segment begins: its first token behind the separator.</param>
/// <param name="Truncated">Whether text was cut off because both together had more tokens than allowed.</param>
public readonly record struct EncodedPair(int[] Ids, int SecondStart, bool Truncated);

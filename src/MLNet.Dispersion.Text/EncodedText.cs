namespace MLNet.Dispersion.Text;

/// <summary>A text as token ids.</summary>
/// <param name="Ids">The token ids, special tokens that the tokenizer adds included.</param>
/// <param name="Truncated">Whether text was cut off because it had more tokens than allowed.</param>
public readonly record struct EncodedText(int[] Ids, bool Truncated);

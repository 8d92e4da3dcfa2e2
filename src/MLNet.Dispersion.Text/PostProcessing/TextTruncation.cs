namespace MLNet.Dispersion.Text;

/// <summary>How rows of tokens are cut to a length. Immutable.</summary>
public sealed record TextTruncation
{
    /// <summary>Gets the most tokens of a row, the special ones included. At least 0.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Gets which text is cut. Default: the longer one first.</summary>
    public TruncationStrategy Strategy { get; init; }

    /// <summary>Gets how many tokens the rows of what was cut off share with their neighbours. Default 0; less than what is left of <see cref="MaxLength"/> for a text.</summary>
    public int Stride { get; init; }

    /// <summary>Gets from which side is cut. Default: the end.</summary>
    public TextSide Side { get; init; }
}

namespace MLNet.Dispersion.Text;

/// <summary>A side of a text.</summary>
public enum TextSide
{
    /// <summary>The end.</summary>
    Right,

    /// <summary>The beginning.</summary>
    Left,
}

/// <summary>Which text of a pair is cut.</summary>
public enum TruncationStrategy
{
    /// <summary>The longer one first, then both.</summary>
    LongestFirst,

    /// <summary>The first one alone.</summary>
    OnlyFirst,

    /// <summary>The second one alone.</summary>
    OnlySecond,
}

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

/// <summary>How rows of tokens are filled up to a length. Immutable.</summary>
public sealed record TextPadding
{
    /// <summary>Gets the length of all rows; null (the default): that of the longest one.</summary>
    public int? Length { get; init; }

    /// <summary>Gets a number of which the length is a multiple, or null.</summary>
    public int? MultipleOf { get; init; }

    /// <summary>Gets on which side is filled up. Default: the end.</summary>
    public TextSide Side { get; init; }

    /// <summary>Gets the id that rows are filled up with.</summary>
    public required int TokenId { get; init; }

    /// <summary>Gets the type id of what rows are filled up with. Default 0.</summary>
    public int TypeId { get; init; }

    /// <summary>Gets the text of the token that rows are filled up with.</summary>
    public required string Token { get; init; }
}

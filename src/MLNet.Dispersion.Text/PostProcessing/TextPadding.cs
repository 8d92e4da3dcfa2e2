namespace MLNet.Dispersion.Text;

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

namespace MLNet.Dispersion.Text;

/// <summary>How texts are made into tokens. Immutable.</summary>
public sealed record TextEncodingOptions
{
    /// <summary>Gets whether the tokens that the model was trained with are put around texts. Default true.</summary>
    public bool AddSpecialTokens { get; init; } = true;

    /// <summary>Gets whether special tokens that stand in a text, such as <c>&lt;|endoftext|&gt;</c>, are read as text: for texts of strangers. Default false.</summary>
    public bool SpecialTokensAsText { get; init; }

    /// <summary>Gets how rows are cut to a length. Null (the default): not.</summary>
    public TextTruncation? Truncation { get; init; }

    /// <summary>Gets how rows are filled up. Null (the default): not.</summary>
    public TextPadding? Padding { get; init; }

    /// <summary>Gets whether what is cut off is given, too (<see cref="TextEncoding.Overflowing"/>). Default false. Of pairs each part of one text is combined with each of the other.</summary>
    public bool ReturnOverflowing { get; init; }

    /// <summary>Gets whether, where nothing is said here, rows are cut and filled up as the tokenizer's file says. Default false.</summary>
    public bool UseFileLimits { get; init; }
}

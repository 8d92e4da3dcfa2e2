namespace MLNet.Dispersion;

/// <summary>Holds a text with the number of words, and of bytes, that its loss is divided by: those of the text as it was before it was cleaned.</summary>
public sealed record CountedText
{
    /// <summary>Gets what the model reads. A blank one adds neither loss nor words.</summary>
    public required string Text { get; init; }

    /// <summary>Gets how many words it stands for. At least 0.</summary>
    public required int Words { get; init; }

    /// <summary>Gets how many UTF-8 bytes it stands for. At least 0.</summary>
    public required int Bytes { get; init; }
}

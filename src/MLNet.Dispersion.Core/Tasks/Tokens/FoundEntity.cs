namespace MLNet.Dispersion;

/// <summary>An entity that was found in a text. Immutable.</summary>
public sealed record FoundEntity
{
    /// <summary>Gets what it is, such as <c>PER</c>; <c>_</c> where tags name no type.</summary>
    public required string Label { get; init; }

    /// <summary>Gets its first character in the text, in UTF-16 units from 0.</summary>
    public required int Start { get; init; }

    /// <summary>Gets the end behind its last character.</summary>
    public required int End { get; init; }

    /// <summary>Gets the text itself.</summary>
    public required string Text { get; init; }

    /// <summary>Gets its first word, from 0.</summary>
    public required int FirstWord { get; init; }

    /// <summary>Gets its last word, which belongs to it.</summary>
    public required int LastWord { get; init; }

    /// <summary>Gets the mean over its words of the probability of their tags, 0..1.</summary>
    public required float Score { get; init; }
}

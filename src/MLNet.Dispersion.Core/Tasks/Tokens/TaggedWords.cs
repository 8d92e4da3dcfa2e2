namespace MLNet.Dispersion;

/// <summary>What was found in a text. Immutable.</summary>
public sealed record TaggedWords
{
    /// <summary>Gets the most probable tag of each word; of a word without any token, such as one of control characters alone, the tag outside of entities.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Gets the probability of each of them, 0..1; 0 for a word without any token.</summary>
    public required IReadOnlyList<float> Scores { get; init; }

    /// <summary>Gets the entities that the tags make, by the rules of <see cref="Statistics.EntityTags.ReadAny"/>.</summary>
    public required IReadOnlyList<FoundEntity> Entities { get; init; }
}

namespace MLNet.Dispersion;

/// <summary>How well words were tagged and entities found. Immutable.</summary>
public sealed record TokenMetrics
{
    /// <summary>Gets precision, recall and F1 of entities, as seqeval counts: one counts where label, first and last word are right.</summary>
    public required EntityMetrics Entities { get; init; }

    /// <summary>Gets the share of words whose tag is right, 0..1; where most words are outside of entities it is high whatever is found.</summary>
    public required double TokenAccuracy { get; init; }
}

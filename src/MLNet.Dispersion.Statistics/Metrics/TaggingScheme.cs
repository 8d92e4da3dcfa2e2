namespace MLNet.Dispersion.Statistics;

/// <summary>How the tags of a sentence's words mark where entities begin and end. A tag is a letter, a hyphen and the entity's type (<c>B-PER</c>), or <c>O</c> outside.</summary>
public enum TaggingScheme
{
    /// <summary>I inside; B only where an entity follows another of the same type directly.</summary>
    Iob1,

    /// <summary>B for the first word, I for those after it; also called BIO.</summary>
    Iob2,

    /// <summary>I inside; E only for the last word of an entity that another of the same type follows directly.</summary>
    Ioe1,

    /// <summary>E for the last word, I for those before it.</summary>
    Ioe2,

    /// <summary>B, I and E for first, inner and last words, S for the one word of an entity.</summary>
    Iobes,

    /// <summary>B, I and L for first, inner and last words, U for the one word of an entity.</summary>
    Bilou,
}

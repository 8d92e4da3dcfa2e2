using System.Globalization;

namespace MLNet.Dispersion.Statistics;

/// <summary>Reads entities out of tags as seqeval does. Pure functions, thread-safe.</summary>
public static class EntityTags
{
    /// <summary>The entities of a sentence by a scheme; a run of tags that is not well formed in it is no entity at all (seqeval's strict mode).</summary>
    /// <param name="tags">A tag for each word.</param>
    /// <param name="scheme">The scheme.</param>
    /// <returns>The entities in the order of their first words.</returns>
    /// <exception cref="ArgumentException">A tag begins with a letter that the scheme does not have.</exception>
    public static IReadOnlyList<TaggedEntity> Read(IReadOnlyList<string> tags, TaggingScheme scheme)
    {
        ArgumentNullException.ThrowIfNull(tags);
        Tag[] cut = Cut(tags);
        string letters = Letters(scheme);
        for (int word = 0; word < tags.Count; word++)
        {
            if (!letters.Contains(cut[word].Prefix, StringComparison.Ordinal))
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The tag '{tags[word]}' of word {word} begins with none of the letters of {scheme}: {string.Join(", ", letters.ToCharArray())}."), nameof(tags));
            }
        }

        var entities = new List<TaggedEntity>();
        for (int start = 0; start < cut.Length;)
        {
            if (!Starts(scheme, start == 0 ? Tag.Outside : cut[start - 1], cut[start]))
            {
                start++;
                continue;
            }

            int end = start + 1;
            while (end < cut.Length && Continues(cut[end - 1], cut[end]))
            {
                end++;
            }

            if (Ends(scheme, cut[end - 1], end < cut.Length ? cut[end] : Tag.Outside))
            {
                entities.Add(new TaggedEntity(cut[start].Type, start, end - 1));
            }

            start = end;
        }

        return entities;
    }

    /// <summary>The entities of a sentence whose scheme is not known, by the rules of the CoNLL evaluation: I after another type begins an entity, B always does (seqeval's default mode). U and L of BILOU are not known here; give the scheme for those.</summary>
    /// <param name="tags">A tag for each word.</param>
    /// <returns>The entities in the order of their first words.</returns>
    public static IReadOnlyList<TaggedEntity> Read(IReadOnlyList<string> tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        var entities = new List<TaggedEntity>();
        Tag before = new('O', "");
        int start = 0;
        Tag[] cut = [.. Cut(tags), Tag.Outside];
        for (int word = 0; word < cut.Length; word++)
        {
            Tag here = cut[word];
            bool otherType = before.Type != here.Type;
            if (before.Prefix is 'E' or 'S' || (before.Prefix is 'B' or 'I' && here.Prefix is 'B' or 'S' or 'O') || (before.Prefix != 'O' && otherType))
            {
                entities.Add(new TaggedEntity(before.Type, start, word - 1));
            }

            if (here.Prefix is 'B' or 'S' || (before.Prefix is 'E' or 'S' or 'O' && here.Prefix is 'E' or 'I') || (here.Prefix != 'O' && otherType))
            {
                start = word;
            }

            before = here;
        }

        return entities;
    }

    /// <summary>The entities of a sentence whatever its scheme: as by <see cref="Read(IReadOnlyList{string})"/>, with U and L of BILOU read as S and E, and a tag that is of no scheme (neither O nor a letter, a hyphen and a type) as a type of its own, whose runs are entities.</summary>
    /// <param name="tags">A tag for each word.</param>
    /// <returns>The entities in the order of their first words.</returns>
    public static IReadOnlyList<TaggedEntity> ReadAny(IReadOnlyList<string> tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        return Read([.. tags.Select(Common)]);
    }

    /// <summary>A tag in the letters that the rules of the CoNLL evaluation know.</summary>
    private static string Common(string tag) => tag switch
    {
        ['U', '-', ..] => "S" + tag[1..],
        ['L', '-', ..] => "E" + tag[1..],
        null => "",
        "" or ['B' or 'I' or 'E' or 'S', '-', _, ..] or "O" or "B" or "I" or "E" or "S" => tag,
        _ => "I-" + tag,
    };

    private static string Letters(TaggingScheme scheme) => scheme switch
    {
        TaggingScheme.Iob1 or TaggingScheme.Iob2 => "OIB",
        TaggingScheme.Ioe1 or TaggingScheme.Ioe2 => "OIE",
        TaggingScheme.Iobes => "OBIES",
        TaggingScheme.Bilou => "OBILU",
        _ => throw new ArgumentOutOfRangeException(nameof(scheme), scheme, "There is no such tagging scheme."),
    };

    private static bool Starts(TaggingScheme scheme, Tag before, Tag here) => (scheme, here.Prefix) switch
    {
        (_, 'O') => false,
        (TaggingScheme.Iob1, 'B') => before.Prefix != 'O' && before.Type == here.Type,
        (TaggingScheme.Ioe1, 'E') => before.Prefix == 'E' && before.Type == here.Type,
        (TaggingScheme.Iob1 or TaggingScheme.Ioe1 or TaggingScheme.Ioe2, _) => true,
        _ => here.Prefix is 'B' or 'S' or 'U',
    };

    private static bool Continues(Tag before, Tag here) => before.Prefix is 'B' or 'I' && here.Prefix is 'I' or 'E' or 'L' && before.Type == here.Type;

    private static bool Ends(TaggingScheme scheme, Tag last, Tag after) => scheme switch
    {
        TaggingScheme.Iob1 or TaggingScheme.Iob2 => true,
        TaggingScheme.Ioe1 => last.Prefix == 'I' || (after.Prefix != 'O' && after.Type == last.Type),
        _ => last.Prefix is 'E' or 'S' or 'L' or 'U',
    };

    private static Tag[] Cut(IReadOnlyList<string> tags)
    {
        var cut = new Tag[tags.Count];
        for (int word = 0; word < cut.Length; word++)
        {
            string tag = tags[word];
            if (string.IsNullOrEmpty(tag))
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Word {word} has no tag; outside of entities the tag is O."), nameof(tags));
            }

            int type = tag.IndexOf('-', 1) is int hyphen and > 0 ? hyphen + 1 : 1;
            cut[word] = new Tag(tag[0], type < tag.Length ? tag[type..] : "_");
        }

        return cut;
    }

    private readonly record struct Tag(char Prefix, string Type)
    {
        public static Tag Outside { get; } = new('O', "_");
    }
}

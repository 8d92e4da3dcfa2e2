namespace MLNet.Dispersion.Text;

/// <summary>Cuts text into pieces that the model takes one by one. Immutable and thread-safe.</summary>
internal abstract class TextCutter
{
    /// <summary>Adds the pieces of a text; empty ones are none.</summary>
    internal abstract void Cut(AlignedText text, List<AlignedText> pieces);

    /// <summary>Adds a piece unless it is empty.</summary>
    private protected static void Add(AlignedText piece, List<AlignedText> pieces)
    {
        if (piece.Length > 0)
        {
            pieces.Add(piece);
        }
    }
}

/// <summary>Several, each cutting the pieces of the one before.</summary>
internal sealed class SequenceCutter(IReadOnlyList<TextCutter> steps) : TextCutter
{
    /// <summary>The steps.</summary>
    internal IReadOnlyList<TextCutter> Steps => steps;

    /// <inheritdoc/>
    internal override void Cut(AlignedText text, List<AlignedText> pieces)
    {
        if (steps.Count == 0)
        {
            Add(text, pieces);
            return;
        }

        var current = new List<AlignedText> { text };
        foreach (TextCutter step in steps)
        {
            var next = new List<AlignedText>(current.Count);
            current.ForEach(piece => step.Cut(piece, next));
            current = next;
        }

        pieces.AddRange(current);
    }
}

/// <summary>What becomes of the matches at which a text is cut.</summary>
internal enum CutBehavior
{
    /// <summary>They go.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>Each belongs to the piece before.</summary>
    MergedWithPrevious,

    /// <summary>Each belongs to the piece behind.</summary>
    MergedWithNext,

    /// <summary>Neighbours are one piece.</summary>
    Contiguous,
}

/// <summary>Cuts at what it finds.</summary>
internal abstract class FindingCutter(CutBehavior behavior, bool invert) : TextCutter
{
    [ThreadStatic]
    private static List<(int Start, int End)>? _matches;

    /// <inheritdoc/>
    internal override void Cut(AlignedText text, List<AlignedText> pieces)
    {
        List<(int Start, int End)> matches = _matches ?? [];
        _matches = null;
        matches.Clear();
        Find(text, matches);
        if (behavior == CutBehavior.Isolated)
        {
            CutIsolated(text, matches, pieces);
        }
        else
        {
            CutOtherwise(text, matches, pieces);
        }

        _matches = matches.Capacity <= 100_000 ? matches : null;
    }

    /// <summary>Finds where to cut, in units of the text.</summary>
    private protected abstract void Find(AlignedText text, List<(int Start, int End)> matches);

    private static void CutIsolated(AlignedText text, List<(int Start, int End)> matches, List<AlignedText> pieces)
    {
        int done = 0;
        foreach ((int start, int end) in matches)
        {
            Add(text.Slice(done, start - done), pieces);
            Add(text.Slice(start, end - start), pieces);
            done = end;
        }

        Add(text.Slice(done, text.Length - done), pieces);
    }

    private void CutOtherwise(AlignedText text, List<(int Start, int End)> matches, List<AlignedText> pieces)
    {
        List<(int Start, int End, bool Match)> parts = Parts(text.Length, matches);
        List<(int Start, int End)> kept = behavior switch
        {
            CutBehavior.Removed => [.. parts.Where(p => !p.Match).Select(p => (p.Start, p.End))],
            CutBehavior.Contiguous => Contiguous(parts),
            CutBehavior.MergedWithPrevious => Merged(parts, backwards: false),
            _ => Merged(parts, backwards: true),
        };
        foreach ((int start, int end) in kept)
        {
            Add(text.Slice(start, end - start), pieces);
        }
    }

    private List<(int Start, int End, bool Match)> Parts(int length, List<(int Start, int End)> matches)
    {
        var parts = new List<(int, int, bool)>((2 * matches.Count) + 1);
        int done = 0;
        foreach ((int start, int end) in matches)
        {
            if (start > done)
            {
                parts.Add((done, start, invert));
            }

            parts.Add((start, end, !invert));
            done = end;
        }

        if (done < length)
        {
            parts.Add((done, length, invert));
        }

        return parts;
    }

    private static List<(int Start, int End)> Contiguous(List<(int Start, int End, bool Match)> parts)
    {
        var kept = new List<(int Start, int End)>(parts.Count);
        bool before = false;
        foreach ((int start, int end, bool match) in parts)
        {
            if (match == before && kept.Count > 0)
            {
                kept[^1] = (kept[^1].Start, end);
            }
            else
            {
                kept.Add((start, end));
            }

            before = match;
        }

        return kept;
    }

    private static List<(int Start, int End)> Merged(List<(int Start, int End, bool Match)> parts, bool backwards)
    {
        var kept = new List<(int Start, int End)>(parts.Count);
        bool before = false;
        for (int i = 0; i < parts.Count; i++)
        {
            (int start, int end, bool match) = parts[backwards ? parts.Count - 1 - i : i];
            if (match && !before && kept.Count > 0)
            {
                kept[^1] = backwards ? (start, kept[^1].End) : (kept[^1].Start, end);
            }
            else
            {
                kept.Add((start, end));
            }

            before = match;
        }

        if (backwards)
        {
            kept.Reverse();
        }

        return kept;
    }
}

/// <summary>Cuts at the matches of a pattern.</summary>
internal sealed class PatternCutter(TextPattern pattern, CutBehavior behavior, bool invert) : FindingCutter(behavior, invert)
{
    /// <inheritdoc/>
    private protected override void Find(AlignedText text, List<(int Start, int End)> matches)
    {
        (string store, int offset) = text.Store;
        pattern.Find(store, offset, text.Length, matches);
    }
}

/// <summary>Cuts at the code points of a set.</summary>
internal sealed class SetCutter(CodePointSet set, CutBehavior behavior) : FindingCutter(behavior, invert: false)
{
    /// <inheritdoc/>
    private protected override void Find(AlignedText text, List<(int Start, int End)> matches)
    {
        ReadOnlySpan<char> units = text.Span;
        for (int i = 0; i < units.Length;)
        {
            int length = CodePoints.LengthAt(units, i);
            if (set.Contains(CodePoints.At(units, i)))
            {
                matches.Add((i, i + length));
            }

            i += length;
        }
    }
}

/// <summary>The sets at which the known cutters cut.</summary>
internal static class CutterSets
{
    /// <summary>White space.</summary>
    internal static CodePointSet Space => PatternProperties.Space;

    /// <summary>Numbers of all kinds.</summary>
    internal static CodePointSet Number { get; } = UnicodeProperties.Property("Tokenizers_Number");

    /// <summary>Punctuation, and all signs of ASCII.</summary>
    internal static CodePointSet Punctuation { get; } = UnicodeProperties.Property("Tokenizers_Punctuation");

    /// <summary>What words are made of: as <c>\w</c>, and the joiners.</summary>
    internal static CodePointSet WordCharacter { get; } = UnicodeProperties.Property("Tokenizers_Word");
}

namespace MLNet.Dispersion.Text;

/// <summary>A pattern in Oniguruma's dialect. Immutable and thread-safe.</summary>
internal sealed class TextPattern
{
    private readonly PatternStep[] _steps;
    private readonly int _slots;
    private readonly CodePointSet? _first;

    private TextPattern(string source, PatternStep[] steps, int slots, CodePointSet? first)
    {
        Source = source;
        _steps = steps;
        _slots = slots;
        _first = first;
    }

    /// <summary>The pattern as it is written.</summary>
    internal string Source { get; }

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="PatternSyntaxException">It is wrong, or of a kind that is not supported.</exception>
    internal static TextPattern Parse(string source)
    {
        (PatternNode root, int groups) = PatternParser.Parse(source);
        (PatternStep[] steps, int slots) = PatternCompiler.Compile(root, groups);
        return new TextPattern(source, steps, slots, PatternCompiler.FirstOf(root));
    }

    /// <summary>The pattern of a text that stands for itself.</summary>
    internal static TextPattern Literal(string text)
    {
        PatternNode root = PatternNode.Join(Array.ConvertAll(CodePoints.Of(text), PatternNode (codePoint) => new SetNode(CodePointSet.Single(codePoint))));
        (PatternStep[] steps, int slots) = PatternCompiler.Compile(root, groups: 0);
        return new TextPattern(text, steps, slots, PatternCompiler.FirstOf(root));
    }

    /// <summary>The matches from left to right, in UTF-16 units of the part of the text. An empty one that follows a match directly does not count.</summary>
    /// <exception cref="TextPatternException">The pattern took too many steps.</exception>
    internal void Find(string text, int start, int length, List<(int Start, int End)> matches)
    {
        matches.Clear();
        if (_first is not null && SkipTo(_first, text.AsSpan(start, length), 0) == length)
        {
            return;
        }

        string part = start == 0 && length == text.Length ? text : text.Substring(start, length);
        var matcher = new PatternMatcher(_steps, _slots, part, part.Length);
        int from = 0;
        int lastEnd = -1;
        while (from <= part.Length)
        {
            int end = Search(matcher, part, from);
            if (end < 0)
            {
                return;
            }

            int begin = Math.Min(matcher.MatchStart, end);
            if (end == begin && end == lastEnd)
            {
                from += from < part.Length && char.IsHighSurrogate(part[from]) ? 2 : 1;
                continue;
            }

            matches.Add((begin, end));
            from = end;
            lastEnd = end;
        }
    }

    private int Search(PatternMatcher matcher, string text, int from)
    {
        for (int at = from; at <= text.Length; at++)
        {
            if (_first is not null)
            {
                at = SkipTo(_first, text, at);
                if (at == text.Length)
                {
                    return -1;
                }
            }

            int end = matcher.MatchAt(at, from);
            if (end >= 0)
            {
                return end;
            }

            if (at < text.Length && char.IsHighSurrogate(text[at]))
            {
                at++;
            }
        }

        return -1;
    }

    private static int SkipTo(CodePointSet first, ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length)
        {
            char c = text[at];
            if (char.IsHighSurrogate(c) && at + 1 < text.Length)
            {
                if (first.Contains(char.ConvertToUtf32(c, text[at + 1])))
                {
                    return at;
                }

                at += 2;
            }
            else if (first.ContainsBasic(c))
            {
                return at;
            }
            else
            {
                at++;
            }
        }

        return at;
    }
}

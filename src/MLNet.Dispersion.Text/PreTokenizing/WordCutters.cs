namespace MLNet.Dispersion.Text;

/// <summary>Words and runs of signs, white space left out.</summary>
internal sealed class WhitespaceCutter : TextCutter
{
    /// <inheritdoc/>
    internal override void Cut(AlignedText text, List<AlignedText> pieces)
    {
        ReadOnlySpan<char> units = text.Span;
        int start = 0;
        int kind = 0;
        for (int i = 0; i < units.Length; i += CodePoints.LengthAt(units, i))
        {
            int codePoint = CodePoints.At(units, i);
            int next = CutterSets.WordCharacter.Contains(codePoint) ? 1 : CutterSets.Space.Contains(codePoint) ? 0 : 2;
            if (next != kind)
            {
                if (kind != 0)
                {
                    Add(text.Slice(start, i - start), pieces);
                }

                start = i;
                kind = next;
            }
        }

        if (kind != 0)
        {
            Add(text.Slice(start, text.Length - start), pieces);
        }
    }
}

/// <summary>BERT's words: cut at white space, each sign by itself.</summary>
internal sealed class BertCutter : TextCutter
{
    /// <inheritdoc/>
    internal override void Cut(AlignedText text, List<AlignedText> pieces)
    {
        ReadOnlySpan<char> units = text.Span;
        int start = 0;
        for (int i = 0; i < units.Length;)
        {
            int length = CodePoints.LengthAt(units, i);
            int codePoint = CodePoints.At(units, i);
            bool sign = CutterSets.Punctuation.Contains(codePoint);
            if (sign || CutterSets.Space.Contains(codePoint))
            {
                Add(text.Slice(start, i - start), pieces);
                if (sign)
                {
                    Add(text.Slice(i, length), pieces);
                }

                start = i + length;
            }

            i += length;
        }

        Add(text.Slice(start, text.Length - start), pieces);
    }
}

/// <summary>Pieces of as many code points each, the last one shorter.</summary>
internal sealed class FixedLengthCutter(int length) : TextCutter
{
    /// <inheritdoc/>
    internal override void Cut(AlignedText text, List<AlignedText> pieces)
    {
        if (length == 0)
        {
            throw new TokenizationException("The tokenizer cuts texts into pieces of no length. Correct length of the pre-tokenizer FixedLength.");
        }

        ReadOnlySpan<char> units = text.Span;
        int start = 0;
        int count = 0;
        for (int i = 0; i < units.Length;)
        {
            i += CodePoints.LengthAt(units, i);
            if (++count == length)
            {
                Add(text.Slice(start, i - start), pieces);
                (start, count) = (i, 0);
            }
        }

        Add(text.Slice(start, text.Length - start), pieces);
    }
}

/// <summary>Cuts where the script changes; Japanese syllables count as Han.</summary>
internal sealed class ScriptCutter : TextCutter
{
    private static readonly CodePointSet Newer = UnicodeProperties.Property("Since_10");

    /// <inheritdoc/>
    internal override void Cut(AlignedText text, List<AlignedText> pieces)
    {
        ReadOnlySpan<char> units = text.Span;
        string? last = null;
        int start = -1;
        for (int i = 0; i < units.Length; i += CodePoints.LengthAt(units, i))
        {
            // Any: what belongs to no script, and the blank; it goes with what stands before.
            if (ScriptOf(CodePoints.At(units, i)) is not { } script || script == last)
            {
                continue;
            }

            if (start >= 0)
            {
                Add(text.Slice(start, i - start), pieces);
            }

            start = i;
            last = script;
        }

        if (start >= 0)
        {
            Add(text.Slice(start, text.Length - start), pieces);
        }
    }

    private static string? ScriptOf(int codePoint) => codePoint switch
    {
        ' ' => null,
        0x30FC => "Han",
        // The reference's table is of Unicode 9, and these have changed since.
        0x589 or 0x61C => "Common",
        0x953 or 0x954 => "Devanagari",
        _ when Newer.Contains(codePoint) => null,
        _ => UnicodeProperties.ScriptOf(codePoint) switch
        {
            "Hiragana" or "Katakana" => "Han",
            "Unknown" => null,
            var script => script,
        },
    };
}

/// <summary>When a blank is put in front of a text.</summary>
internal enum PrependScheme
{
    /// <summary>Always.</summary>
    Always,

    /// <summary>At the beginning of the whole text alone.</summary>
    First,

    /// <summary>Never.</summary>
    Never,
}

/// <summary>Writes a sign in the place of each blank, puts one in front, and cuts before each.</summary>
internal sealed class MetaspaceCutter : TextCutter
{
    private readonly string _sign;
    private readonly PrependScheme _scheme;
    private readonly bool _split;

    /// <param name="sign">The sign, one code point.</param>
    /// <param name="scheme">When one is put in front.</param>
    /// <param name="split">Whether the text is cut.</param>
    internal MetaspaceCutter(string sign, PrependScheme scheme, bool split)
    {
        _sign = sign;
        _scheme = scheme;
        _split = split;
    }

    /// <inheritdoc/>
    internal override void Cut(AlignedText text, List<AlignedText> pieces)
    {
        bool first = text.Origin == 0;
        AlignedText replaced = Replace(text);
        bool prepends = replaced.Length > 0 && (_scheme == PrependScheme.Always || (_scheme == PrependScheme.First && first));
        AlignedText whole = prepends && !replaced.Span.StartsWith(_sign) ? PrependNormalizer.Prepend(replaced, _sign) : replaced;
        if (!_split)
        {
            Add(whole, pieces);
            return;
        }

        ReadOnlySpan<char> units = whole.Span;
        int start = 0;
        while (start < units.Length)
        {
            int from = units[start..].StartsWith(_sign) ? start + _sign.Length : start;
            int next = units[from..].IndexOf(_sign);
            int end = next < 0 ? units.Length : from + next;
            Add(whole.Slice(start, end - start), pieces);
            start = end;
        }
    }

    private AlignedText Replace(AlignedText text)
    {
        ReadOnlySpan<char> units = text.Span;
        if (!units.Contains(' '))
        {
            return text;
        }

        if (_sign.Length == 1)
        {
            return text.WithUnits(units.ToString().Replace(' ', _sign[0]));
        }

        var result = new AlignedTextBuilder(text, units.Length + 8);
        for (int i = 0; i < units.Length; i++)
        {
            if (units[i] == ' ')
            {
                result.AppendLike(CodePoints.At(_sign, 0), i);
            }
            else
            {
                result.Copy(i, i + 1);
            }
        }

        return result.ToText();
    }
}

/// <summary>GPT-2's words, then the bytes of UTF-8 in printable stand-ins.</summary>
internal sealed class ByteLevelCutter(bool addPrefixSpace, TextCutter? words) : TextCutter
{
    private static readonly ByteLevelNormalizer Speller = new();

    /// <inheritdoc/>
    internal override void Cut(AlignedText text, List<AlignedText> pieces)
    {
        int from = pieces.Count;
        CutUnspelled(text, pieces);
        for (int i = from; i < pieces.Count; i++)
        {
            pieces[i] = Speller.Normalize(pieces[i]);
        }
    }

    /// <summary>The pieces as they are, for a model that spells them itself.</summary>
    internal void CutUnspelled(AlignedText text, List<AlignedText> pieces)
    {
        AlignedText whole = addPrefixSpace && text.Length > 0 && text.Span[0] != ' ' ? PrependNormalizer.Prepend(text, " ") : text;
        if (words is null)
        {
            Add(whole, pieces);
        }
        else
        {
            words.Cut(whole, pieces);
        }
    }
}

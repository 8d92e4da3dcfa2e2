using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Lower case, character by character: no final sigma, and U+0130 becomes two characters.</summary>
internal sealed class LowercaseNormalizer : CodePointNormalizer
{
    private const char DottedI = '\u0130';

    /// <inheritdoc/>
    internal override AlignedText Normalize(AlignedText text) => base.Normalize(text.Span.Contains(DottedI) ? WithoutDottedI(text) : text);

    /// <inheritdoc/>
    protected override int Map(int codePoint) => codePoint < 0x80
        ? (codePoint is >= 'A' and <= 'Z' ? codePoint + 32 : codePoint)
        : UnicodeProperties.LowerCases.TryGetValue(codePoint, out int lower) ? lower
        : Rune.IsValid(codePoint) ? Rune.ToLowerInvariant(new Rune(codePoint)).Value : codePoint;

    private static AlignedText WithoutDottedI(AlignedText text)
    {
        ReadOnlySpan<char> units = text.Span;
        var result = new AlignedTextBuilder(text, units.Length + 8);
        int kept = 0;
        for (int i = units.IndexOf(DottedI); i < units.Length; i++)
        {
            if (units[i] == DottedI)
            {
                result.Copy(kept, i);
                result.AppendLike('i', i);
                result.AppendLike(0x307, i);
                kept = i + 1;
            }
        }

        result.Copy(kept, units.Length);
        return result.ToText();
    }
}

/// <summary>Leaves out white space at the beginning or the end.</summary>
internal sealed class StripNormalizer(bool left, bool right) : TextNormalizer
{
    /// <inheritdoc/>
    internal override AlignedText Normalize(AlignedText text)
    {
        ReadOnlySpan<char> units = text.Span;
        int start = 0;
        int end = units.Length;
        while (left && start < end && char.IsWhiteSpace(units[start]))
        {
            start++;
        }

        while (right && end > start && char.IsWhiteSpace(units[end - 1]))
        {
            end--;
        }

        return text.Trim(start, end - start);
    }
}

/// <summary>Leaves out all marks.</summary>
internal sealed class StripAccentsNormalizer : CodePointNormalizer
{
    private static readonly CodePointSet Marks = UnicodeProperties.Property("Tokenizers_Mark");

    /// <inheritdoc/>
    protected override int Map(int codePoint) => codePoint >= 0x300 && Marks.Contains(codePoint) ? -1 : codePoint;
}

/// <summary>Leaves out non-spacing marks, as BERT does after decomposing.</summary>
internal sealed class StripNonSpacingMarksNormalizer : CodePointNormalizer
{
    private static readonly CodePointSet Marks = UnicodeProperties.Property("Tokenizers_Nonspacing_Mark");

    /// <inheritdoc/>
    protected override int Map(int codePoint) => codePoint >= 0x300 && Marks.Contains(codePoint) ? -1 : codePoint;
}

/// <summary>What sentence-piece's models of translation do to control characters and odd blanks.</summary>
internal sealed class NmtNormalizer : CodePointNormalizer
{
    /// <inheritdoc/>
    protected override int Map(int codePoint) => codePoint switch
    {
        (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F => -1,
        9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => ' ',
        _ => codePoint,
    };
}

/// <summary>BERT's cleaning: controls go, white space becomes blanks.</summary>
internal sealed class CleanTextNormalizer : CodePointNormalizer
{
    private static readonly CodePointSet Controls = UnicodeProperties.Property("Tokenizers_Control");
    private static readonly CodePointSet Blanks = UnicodeProperties.Property("Tokenizers_Blank");

    /// <inheritdoc/>
    protected override int Map(int codePoint) => codePoint is >= ' ' and < 0x7F ? codePoint : Controls.Contains(codePoint) ? -1 : Blanks.Contains(codePoint) ? ' ' : codePoint;
}

/// <summary>Puts a text in front of every text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : TextNormalizer
{
    /// <inheritdoc/>
    internal override AlignedText Normalize(AlignedText text) => Prepend(text, prefix);

    /// <summary>A text with another in front, which comes from where its first character does.</summary>
    internal static AlignedText Prepend(AlignedText text, string prefix)
    {
        if (text.Length == 0)
        {
            return text;
        }

        var result = new AlignedTextBuilder(text, text.Length + prefix.Length);
        if (prefix.Length == 0)
        {
            // Then the first character comes from nowhere: so the reference does it.
            int first = CodePoints.LengthAt(text.Span, 0);
            result.Append(CodePoints.At(text.Span, 0), text.Origin, text.Origin);
            result.Copy(first, text.Length);
            return result.ToText();
        }

        for (int i = 0; i < prefix.Length; i += CodePoints.LengthAt(prefix, i))
        {
            result.AppendLike(CodePoints.At(prefix, i), 0);
        }

        result.Copy(0, text.Length);
        return result.ToText();
    }
}

/// <summary>Spells the bytes of UTF-8 in GPT-2's printable stand-ins.</summary>
internal sealed class ByteLevelNormalizer : TextNormalizer
{
    /// <inheritdoc/>
    internal override AlignedText Normalize(AlignedText text)
    {
        ReadOnlySpan<char> units = text.Span;
        var result = new AlignedTextBuilder(text, units.Length + 8);
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < units.Length; i += CodePoints.LengthAt(units, i))
        {
            int count = new Rune(CodePoints.At(units, i)).EncodeToUtf8(bytes);
            foreach (byte value in bytes[..count])
            {
                result.AppendLike(ByteSymbols.Symbol(value), i);
            }
        }

        return result.ToText();
    }
}

/// <summary>Replaces what a pattern matches.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : TextNormalizer
{
    /// <inheritdoc/>
    internal override AlignedText Normalize(AlignedText text) => Replace(text, pattern, content);

    /// <summary>The text with the content in the place of each match; it comes from where the last character before the match's end does.</summary>
    internal static AlignedText Replace(AlignedText text, TextPattern pattern, string content)
    {
        var matches = new List<(int Start, int End)>();
        (string store, int offset) = text.Store;
        pattern.Find(store, offset, text.Length, matches);
        if (matches.Count == 0 || text.Length == 0)
        {
            return text;
        }

        var result = new AlignedTextBuilder(text, text.Length + content.Length);
        int done = 0;
        foreach ((int start, int end) in matches)
        {
            result.Copy(done, start);
            for (int i = 0; i < content.Length; i += CodePoints.LengthAt(content, i))
            {
                result.AppendLike(CodePoints.At(content, i), end - 1);
            }

            done = end;
        }

        result.Copy(done, text.Length);
        return result.ToText();
    }
}

namespace MLNet.Dispersion.Text;

/// <summary>Rewrites text before it is cut. Immutable and thread-safe.</summary>
internal abstract class TextNormalizer
{
    /// <summary>The text rewritten; the same where nothing is to do.</summary>
    internal abstract AlignedText Normalize(AlignedText text);

    /// <summary>A string rewritten.</summary>
    internal string Normalize(string text) => Normalize(new AlignedText(text)).ToString();
}

/// <summary>Several, one after the other.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<TextNormalizer> steps) : TextNormalizer
{
    /// <inheritdoc/>
    internal override AlignedText Normalize(AlignedText text) => steps.Aggregate(text, (current, step) => step.Normalize(current));
}

/// <summary>Leaves out some code points and replaces others one by one.</summary>
internal abstract class CodePointNormalizer : TextNormalizer
{
    /// <inheritdoc/>
    internal override AlignedText Normalize(AlignedText text)
    {
        ReadOnlySpan<char> units = text.Span;
        int same = 0;
        while (same < units.Length && Map(CodePoints.At(units, same)) == CodePoints.At(units, same))
        {
            same += CodePoints.LengthAt(units, same);
        }

        if (same == units.Length)
        {
            return text;
        }

        var result = new AlignedTextBuilder(text, units.Length + 8);
        result.Copy(0, same);
        for (int i = same; i < units.Length; i += CodePoints.LengthAt(units, i))
        {
            int mapped = Map(CodePoints.At(units, i));
            if (mapped >= 0)
            {
                result.AppendLike(mapped, i);
            }
        }

        return result.ToText();
    }

    /// <summary>What a code point becomes; -1: it is left out.</summary>
    protected abstract int Map(int codePoint);
}

/// <summary>Walks over the code points of well-formed UTF-16.</summary>
internal static class CodePoints
{
    /// <summary>The code point at a place.</summary>
    internal static int At(ReadOnlySpan<char> text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at];

    /// <summary>How many units the code point at a place has.</summary>
    internal static int LengthAt(ReadOnlySpan<char> text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    /// <summary>How many bytes of UTF-8 the code point has.</summary>
    internal static int Utf8Length(int codePoint) => codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;

    /// <summary>How many code points a text has.</summary>
    internal static int Count(ReadOnlySpan<char> text)
    {
        int count = 0;
        for (int i = 0; i < text.Length; i += LengthAt(text, i))
        {
            count++;
        }

        return count;
    }

    /// <summary>How many bytes of UTF-8 a text has.</summary>
    internal static int Utf8Length(ReadOnlySpan<char> text) => System.Text.Encoding.UTF8.GetByteCount(text);
}

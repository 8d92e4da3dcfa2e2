using System.Text;

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

        return same == units.Length ? text : Mapped(text, same);
    }

    /// <summary>The text with all code points mapped, of which the first units stay as they are. While units keep their places, so does the text.</summary>
    private AlignedText Mapped(AlignedText text, int same)
    {
        ReadOnlySpan<char> units = text.Span;
        char[] mapped = new char[units.Length];
        units[..same].CopyTo(mapped);
        for (int i = same; i < units.Length;)
        {
            int length = CodePoints.LengthAt(units, i);
            int codePoint = Map(CodePoints.At(units, i));
            if (codePoint < 0 || (codePoint < 0x10000 ? 1 : 2) != length)
            {
                return Rewritten(text.WithUnits(string.Concat(mapped.AsSpan(0, i), units[i..])), i);
            }

            if (length == 1)
            {
                mapped[i] = (char)codePoint;
            }
            else
            {
                new Rune(codePoint).EncodeToUtf16(mapped.AsSpan(i));
            }

            i += length;
        }

        return text.WithUnits(new string(mapped));
    }

    private AlignedText Rewritten(AlignedText text, int same)
    {
        ReadOnlySpan<char> units = text.Span;
        var result = new AlignedTextBuilder(text, units.Length + 8);
        int kept = 0;
        for (int i = same; i < units.Length; i += CodePoints.LengthAt(units, i))
        {
            int codePoint = CodePoints.At(units, i);
            int mapped = Map(codePoint);
            if (mapped != codePoint)
            {
                result.Copy(kept, i);
                kept = i + CodePoints.LengthAt(units, i);
                if (mapped >= 0)
                {
                    result.AppendLike(mapped, i);
                }
            }
        }

        result.Copy(kept, units.Length);
        return result.ToText();
    }

    /// <summary>What a code point becomes; -1: it is left out.</summary>
    protected abstract int Map(int codePoint);
}

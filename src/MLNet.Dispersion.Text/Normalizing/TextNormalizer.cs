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

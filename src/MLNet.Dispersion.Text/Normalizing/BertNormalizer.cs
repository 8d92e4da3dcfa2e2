using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>What BERT does to text before it is cut.</summary>
internal static class BertNormalizer
{
    /// <summary>Makes it of the switches that a file has.</summary>
    /// <param name="cleanText">Whether controls go and white space becomes blanks.</param>
    /// <param name="chineseApart">Whether each Chinese character is set apart by blanks.</param>
    /// <param name="stripAccents">Whether accents go; null: as lower case is made.</param>
    /// <param name="lowerCase">Whether lower case is made.</param>
    internal static TextNormalizer Create(bool cleanText, bool chineseApart, bool? stripAccents, bool lowerCase)
    {
        var steps = new List<TextNormalizer>();
        if (cleanText)
        {
            steps.Add(new CleanTextNormalizer());
        }

        if (chineseApart)
        {
            steps.Add(new ChineseApartNormalizer());
        }

        if (stripAccents ?? lowerCase)
        {
            steps.Add(new UnicodeFormNormalizer(NormalizationForm.FormD));
            steps.Add(new StripNonSpacingMarksNormalizer());
        }

        if (lowerCase)
        {
            steps.Add(new LowercaseNormalizer());
        }

        return new SequenceNormalizer(steps);
    }
}

/// <summary>Sets each Chinese character apart by blanks.</summary>
internal sealed class ChineseApartNormalizer : TextNormalizer
{
    /// <summary>Ideographs of Chinese: first and last of each block.</summary>
    private static readonly CodePointSet Ideographs = CodePointSet.Of(
        [0x4e00, 0x9fff, 0x3400, 0x4dbf, 0x20000, 0x2a6df, 0x2a700, 0x2b73f, 0x2b740, 0x2b81f, 0x2b920, 0x2ceaf, 0xf900, 0xfaff, 0x2f800, 0x2fa1f]);

    /// <inheritdoc/>
    internal override AlignedText Normalize(AlignedText text)
    {
        ReadOnlySpan<char> units = text.Span;
        if (!units.ContainsAnyExceptInRange('\0', '\u33ff'))
        {
            return text;
        }

        var result = new AlignedTextBuilder(text, units.Length + 16);
        bool any = false;
        for (int i = 0; i < units.Length; i += CodePoints.LengthAt(units, i))
        {
            int codePoint = CodePoints.At(units, i);
            bool alone = Ideographs.Contains(codePoint);
            any |= alone;
            if (alone)
            {
                result.AppendLike(' ', i);
            }

            result.AppendLike(codePoint, i);
            if (alone)
            {
                result.AppendLike(' ', i);
            }
        }

        return any ? result.ToText() : text;
    }
}

namespace MLNet.Dispersion.Text;

/// <summary>Walks over the code points of well-formed UTF-16.</summary>
internal static class CodePoints
{
    /// <summary>The code point at a place.</summary>
    internal static int At(ReadOnlySpan<char> text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at];

    /// <summary>How many units the code point at a place has.</summary>
    internal static int LengthAt(ReadOnlySpan<char> text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    /// <summary>The code points of a text; U+FFFD in the place of each lone surrogate.</summary>
    internal static int[] Of(ReadOnlySpan<char> text)
    {
        int[] codePoints = new int[Count(text)];
        for (int i = 0, at = 0; at < text.Length; i++)
        {
            int codePoint = At(text, at);
            codePoints[i] = codePoint is >= 0xD800 and <= 0xDFFF ? 0xFFFD : codePoint;
            at += LengthAt(text, at);
        }

        return codePoints;
    }

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

using System.Globalization;
using System.Text;

namespace MLNet.Dispersion;

/// <summary>Makes a name from outside fit to be drawn.</summary>
internal static class SafeText
{
    private const int LongestName = 80;

    /// <summary>The name on one line, without control characters; what the embedded font cannot show becomes �, and what is too long is cut.</summary>
    public static string Name(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var text = new StringBuilder(name.Length);
        foreach (Rune rune in name.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || Rune.IsWhiteSpace(rune))
            {
                text.Append(' ');
            }
            else if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format)
            {
                text.Append(PictureFonts.Regular.ContainsGlyph(rune.Value) ? rune.ToString() : "�");
            }
        }

        string clean = text.ToString().Trim();
        string whole = clean.Length == 0 ? "(no name)" : clean;
        return whole.Length <= LongestName ? whole : string.Concat(whole.AsSpan(0, LongestName / 2), "…", whole.AsSpan(whole.Length - (LongestName / 2) + 1));
    }
}

using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Makes text well-formed before it is encoded.</summary>
internal static class UnicodeText
{
    /// <summary>The text with U+FFFD in the place of each lone surrogate; null becomes empty.</summary>
    internal static string WellFormed(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        return HasLoneSurrogate(text) ? Replaced(text) : text;
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        for (int i = text.IndexOfAnyInRange('\ud800', '\udfff'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
            {
                return true;
            }

            i++;
        }

        return false;
    }

    private static string Replaced(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            result.Append(rune.ToString());
        }

        return result.ToString();
    }
}

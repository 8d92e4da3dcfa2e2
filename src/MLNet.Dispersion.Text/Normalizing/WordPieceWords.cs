using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>BERT's preparation of text, as Hugging Face does it: cleaned, without case and accents where the model wants that, its words apart by blanks.</summary>
/// <remarks>The engine's own preparation loses characters beyond the basic plane, such as emoji, and keeps invisible ones, so that ids would differ.</remarks>
internal static class WordPieceWords
{
    private const int ReplacementCharacter = 0xfffd;

    /// <summary>Ideographs of Chinese, each a word of its own: first and last of each block.</summary>
    private static readonly (int First, int Last)[] Ideographs =
    [
        (0x4e00, 0x9fff), (0x3400, 0x4dbf), (0x20000, 0x2a6df), (0x2a700, 0x2b73f), (0x2b740, 0x2b81f), (0x2b820, 0x2ceaf), (0xf900, 0xfaff), (0x2f800, 0x2fa1f),
    ];

    /// <summary>Prepares a text.</summary>
    internal static string Of(string text, bool lowerCase, bool stripAccents, bool splitChinese)
    {
        string clean = Cleaned(text, splitChinese);
        string plain = stripAccents ? WithoutAccents(clean) : clean;
        return Apart(lowerCase ? plain.ToLowerInvariant() : plain);
    }

    private static string Cleaned(string text, bool splitChinese)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value is '\t' or '\n' or '\r')
            {
                result.Append(' ');
            }
            else if (!IsInvisible(rune))
            {
                bool alone = splitChinese && Array.Exists(Ideographs, block => rune.Value >= block.First && rune.Value <= block.Last);
                Append(result, rune, alone);
            }
        }

        return result.ToString();
    }

    private static string WithoutAccents(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.Normalize(NormalizationForm.FormD).EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
            {
                Append(result, rune, alone: false);
            }
        }

        return result.ToString();
    }

    private static string Apart(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool sign = rune.IsAscii ? char.IsPunctuation((char)rune.Value) || char.IsSymbol((char)rune.Value) : Rune.IsPunctuation(rune);
            Append(result, rune, sign);
        }

        return result.ToString();
    }

    private static void Append(StringBuilder result, Rune rune, bool alone)
    {
        Span<char> units = stackalloc char[2];
        ReadOnlySpan<char> spelled = units[..rune.EncodeToUtf16(units)];
        if (alone)
        {
            result.Append(' ').Append(spelled).Append(' ');
        }
        else if (Rune.IsWhiteSpace(rune))
        {
            result.Append(' ');
        }
        else
        {
            result.Append(spelled);
        }
    }

    private static bool IsInvisible(Rune rune) => rune.Value == ReplacementCharacter || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
}

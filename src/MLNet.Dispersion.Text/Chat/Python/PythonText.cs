using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Texts as Python treats them: white space, case, and the notation with quotes.</summary>
internal static class PythonText
{
    /// <summary>Unicode's white space and the four separators U+001C to U+001F.</summary>
    internal static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    internal static bool IsSpace(Rune rune) => rune.IsBmp && IsSpace((char)rune.Value);

    /// <summary>Where a line ends, as splitlines sees it.</summary>
    internal static bool IsLineBreak(char c) => c is '\n' or '\r' or '\v' or '\f' or (>= '\u001c' and <= '\u001e') or '\u0085' or '\u2028' or '\u2029';

    /// <summary>The text without the characters of a set at its ends; without a set, white space.</summary>
    internal static string Trim(string text, string? set, bool start = true, bool end = true)
    {
        HashSet<Rune>? runes = set is null ? null : [.. set.EnumerateRunes()];
        bool Goes(Rune rune) => runes is null ? IsSpace(rune) : runes.Contains(rune);
        int from = 0, to = text.Length;
        while (start && from < to && Goes(RuneAt(text, from, out int length)))
        {
            from += length;
        }

        while (end && to > from)
        {
            int length = to - from > 1 && char.IsSurrogatePair(text[to - 2], text[to - 1]) ? 2 : 1;
            if (!Goes(RuneAt(text, to - length, out _)))
            {
                break;
            }

            to -= length;
        }

        return from == 0 && to == text.Length ? text : text[from..to];
    }

    /// <summary>The character at a place; a lone surrogate counts as U+FFFD.</summary>
    internal static Rune RuneAt(string text, int at, out int length)
    {
        if (Rune.TryGetRuneAt(text, at, out Rune rune))
        {
            length = rune.Utf16SequenceLength;
            return rune;
        }

        length = 1;
        return Rune.ReplacementChar;
    }

    /// <summary>The lines of a text, without their ends.</summary>
    internal static List<string> Lines(string text, bool keepEnds = false)
    {
        var lines = new List<string>();
        for (int begin = 0; begin < text.Length;)
        {
            int end = begin;
            while (end < text.Length && !IsLineBreak(text[end]))
            {
                end++;
            }

            int next = end < text.Length ? end + (text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1) : end;
            lines.Add(text[begin..(keepEnds ? next : end)]);
            begin = next;
        }

        return lines;
    }

    /// <summary>Digits of any script as 0 to 9.</summary>
    internal static string AsciiDigits(string text) => Ascii.IsValid(text)
        ? text
        : string.Concat(text.EnumerateRunes().Select(rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber ? ((int)Rune.GetNumericValue(rune)).ToString(CultureInfo.InvariantCulture) : rune.ToString()));

    internal static string Upper(string text) => Ascii.IsValid(text) ? text.ToUpperInvariant() : Map(text, static (rune, result) => result.Append(CaseTables.Upper(rune)));

    internal static string Lower(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.ToLowerInvariant();
        }

        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            i = AppendLower(text, i, result);
        }

        return result.ToString();
    }

    internal static string CaseFolded(string text) => Map(text, static (rune, result) => result.Append(CaseTables.Folded(rune)));

    internal static string Capitalized(string text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        result.Append(CaseTables.Title(RuneAt(text, 0, out int i)));
        while (i < text.Length)
        {
            i = AppendLower(text, i, result);
        }

        return result.ToString();
    }

    /// <summary>Every run of letters begins large and goes on small.</summary>
    internal static string Titled(string text)
    {
        var result = new StringBuilder(text.Length);
        bool within = false;
        for (int i = 0; i < text.Length;)
        {
            Rune rune = RuneAt(text, i, out int length);
            if (within)
            {
                i = AppendLower(text, i, result);
            }
            else
            {
                result.Append(CaseTables.Title(rune));
                i += length;
            }

            within = CaseTables.IsCased(rune);
        }

        return result.ToString();
    }

    internal static string SwappedCase(string text)
    {
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            Rune rune = RuneAt(text, i, out int length);
            if (CaseTables.IsUpper(rune))
            {
                i = AppendLower(text, i, result);
                continue;
            }

            result.Append(CaseTables.IsLower(rune) ? CaseTables.Upper(rune) : rune.ToString());
            i += length;
        }

        return result.ToString();
    }

    /// <summary>Writes Python's notation of a text: in single quotes unless it holds some and no double ones, with escapes for what is not printable.</summary>
    internal static void AppendQuoted(StringBuilder result, string text)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        result.Append(quote);
        for (int i = 0; i < text.Length;)
        {
            bool pair = Rune.TryGetRuneAt(text, i, out Rune rune);
            int value = pair ? rune.Value : text[i];
            i += pair ? rune.Utf16SequenceLength : 1;
            if (value == quote || value == '\\')
            {
                result.Append('\\').Append((char)value);
            }
            else if (value is '\t' or '\n' or '\r')
            {
                result.Append(value == '\t' ? "\\t" : value == '\n' ? "\\n" : "\\r");
            }
            else if (pair && IsPrintable(rune))
            {
                result.Append(rune.ToString());
            }
            else
            {
                result.Append(CultureInfo.InvariantCulture, $"\\{(value < 0x100 ? 'x' : value < 0x10000 ? 'u' : 'U')}")
                    .Append(value.ToString(value < 0x100 ? "x2" : value < 0x10000 ? "x4" : "x8", CultureInfo.InvariantCulture));
            }
        }

        result.Append(quote);
    }

    internal static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private static string Map(string text, Action<Rune, StringBuilder> append)
    {
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            if (text[i] < 'A')
            {
                result.Append(text[i++]);
            }
            else if (Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                append(rune, result);
                i += rune.Utf16SequenceLength;
            }
            else
            {
                result.Append(text[i++]);
            }
        }

        return result.ToString();
    }

    /// <summary>Writes the small form of a character; gives the next place.</summary>
    private static int AppendLower(string text, int at, StringBuilder result)
    {
        if (!Rune.TryGetRuneAt(text, at, out Rune rune))
        {
            result.Append(text[at]);
            return at + 1;
        }

        result.Append(rune.Value == 0x3a3 ? (IsFinalSigma(text, at) ? "\u03c2" : "\u03c3") : CaseTables.Lower(rune));
        return at + rune.Utf16SequenceLength;
    }

    /// <summary>Whether the large sigma ends a word: a letter before it, none behind, marks passed over.</summary>
    private static bool IsFinalSigma(string text, int at)
    {
        int before = at - 1;
        while (before >= 0 && CaseTables.IsIgnorable(RuneBefore(text, ref before, peek: true)))
        {
            RuneBefore(text, ref before, peek: false);
        }

        if (before < 0 || !CaseTables.IsCased(RuneBefore(text, ref before, peek: true)))
        {
            return false;
        }

        int after = at + 1;
        while (after < text.Length && RuneAt(text, after, out int length) is var rune)
        {
            if (!CaseTables.IsIgnorable(rune))
            {
                return !CaseTables.IsCased(rune);
            }

            after += length;
        }

        return true;
    }

    /// <summary>The character that ends at a place; without a look only, the place goes before it.</summary>
    private static Rune RuneBefore(string text, ref int at, bool peek)
    {
        int begin = at > 0 && char.IsSurrogatePair(text[at - 1], text[at]) ? at - 1 : at;
        Rune rune = RuneAt(text, begin, out _);
        at = peek ? at : begin - 1;
        return rune;
    }
}

using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Breaks lines between words, behind hyphens and around dashes, as Python's textwrap does.</summary>
internal static class WordWrap
{
    /// <summary>A line as lines of at most so many characters, white space at their ends dropped.</summary>
    internal static List<string> Lines(string text, int width, bool breakWords, bool breakHyphens, CodePointIndex characters)
    {
        var lines = new List<string>();
        List<(int Begin, int End)> chunks = Chunks(text, breakHyphens);
        int Length(int begin, int end) => characters.Character(text, end) - characters.Character(text, begin);
        for (int next = 0; next < chunks.Count;)
        {
            if (lines.Count > 0 && IsBlank(text, chunks[next]))
            {
                next++;
            }

            // A line is a run of chunks: it holds what lies from the first of them to the last.
            int begin = next < chunks.Count ? chunks[next].Begin : text.Length, end = begin, last = begin;
            while (next < chunks.Count && Length(begin, chunks[next].End) <= width)
            {
                last = end;
                end = chunks[next++].End;
            }

            if (next < chunks.Count && Length(chunks[next].Begin, chunks[next].End) > width)
            {
                (int from, int to) = chunks[next];
                int cut = breakWords ? Cut(text, from, characters.Unit(text, characters.Character(text, from) + width - Length(begin, end)), breakHyphens) : end == begin ? to : from;
                last = breakWords || end == begin ? from : last;
                end = Math.Max(end, cut);
                chunks[next] = (cut, to);
                next += cut == to ? 1 : 0;
            }

            int stop = end > last && IsBlank(text, (last, end)) ? last : end;
            if (stop > begin)
            {
                lines.Add(text[begin..stop]);
            }
        }

        return lines;
    }

    /// <summary>Whether a character belongs to words: letters, digits and the underscore.</summary>
    internal static bool IsWord(Rune rune) => rune.Value == '_' || Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Where a long word is cut: at the room's end, or behind the last hyphen before it.</summary>
    private static int Cut(string text, int begin, int end, bool breakHyphens)
    {
        int hyphen = breakHyphens ? text.AsSpan(begin, end - begin).LastIndexOf('-') : -1;
        return hyphen > 0 && text.AsSpan(begin, hyphen).ContainsAnyExcept('-') ? begin + hyphen + 1 : end;
    }

    private static List<(int Begin, int End)> Chunks(string text, bool breakHyphens)
    {
        var chunks = new List<(int, int)>();
        for (int begin = 0; begin < text.Length;)
        {
            int end = begin + 1;
            if (IsSpace(text[begin]))
            {
                while (end < text.Length && IsSpace(text[end]))
                {
                    end++;
                }
            }
            else if (breakHyphens && IsDash(text, begin, out int behind))
            {
                end = behind;
            }
            else
            {
                while (end < text.Length && !IsSpace(text[end]) && !(breakHyphens && (IsBehindHyphen(text, end) || IsDash(text, end, out _))))
                {
                    end++;
                }
            }

            chunks.Add((begin, end));
            begin = end;
        }

        return chunks;
    }

    private static bool IsBlank(string text, (int Begin, int End) chunk)
    {
        for (int i = chunk.Begin; i < chunk.End; i++)
        {
            if (!PythonText.IsSpace(text[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsSpace(char c) => c is '\t' or '\n' or '\v' or '\f' or '\r' or ' ';

    private static bool IsLetter(string text, int at) => at >= 0 && at < text.Length && (char.IsLetter(text[at]) || text[at] == '_');

    private static bool IsWordOrSign(string text, int at) => at >= 0 && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '!' or '"' or '\'' or '&' or '.' or ',' or '?');

    /// <summary>Whether two or more hyphens between words begin here.</summary>
    private static bool IsDash(string text, int at, out int behind)
    {
        behind = at;
        if (text[at] != '-' || !IsWordOrSign(text, at - 1))
        {
            return false;
        }

        while (behind < text.Length && text[behind] == '-')
        {
            behind++;
        }

        return behind - at >= 2 && behind < text.Length && (char.IsLetterOrDigit(text[behind]) || text[behind] == '_');
    }

    private static bool IsBehindHyphen(string text, int at) =>
        text[at - 1] == '-'
        && ((IsLetter(text, at - 3) && IsLetter(text, at - 2)) || (IsLetter(text, at - 4) && text[at - 3] == '-' && IsWordOrSign(text, at - 2)))
        && IsLetter(text, at) && (IsLetter(text, at + 1) || (at + 1 < text.Length && text[at + 1] == '-' && IsLetter(text, at + 2)));
}

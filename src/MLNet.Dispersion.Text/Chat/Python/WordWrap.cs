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
        var chunks = new Stack<string>(Chunks(text, breakHyphens).AsEnumerable().Reverse());
        var line = new List<string>();
        while (chunks.Count > 0)
        {
            if (lines.Count > 0 && IsBlank(chunks.Peek()))
            {
                chunks.Pop();
            }

            line.Clear();
            int length = 0;
            while (chunks.Count > 0 && length + characters.Length(chunks.Peek()) <= width)
            {
                length += characters.Length(chunks.Peek());
                line.Add(chunks.Pop());
            }

            if (chunks.Count > 0 && characters.Length(chunks.Peek()) > width)
            {
                BreakWord(chunks, line, width - length, breakWords, breakHyphens, characters);
            }

            if (line.Count > 0 && IsBlank(line[^1]))
            {
                line.RemoveAt(line.Count - 1);
            }

            if (line.Count > 0)
            {
                lines.Add(string.Concat(line));
            }
        }

        return lines;
    }

    /// <summary>Whether a character belongs to words: letters, digits and the underscore.</summary>
    internal static bool IsWord(Rune rune) => rune.Value == '_' || Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static void BreakWord(Stack<string> chunks, List<string> line, int room, bool breakWords, bool breakHyphens, CodePointIndex characters)
    {
        if (!breakWords)
        {
            if (line.Count == 0)
            {
                line.Add(chunks.Pop());
            }

            return;
        }

        string word = chunks.Pop();
        int end = characters.Unit(word, room);
        if (breakHyphens)
        {
            int hyphen = end > 0 ? word.LastIndexOf('-', end - 1) : -1;
            end = hyphen > 0 && word.AsSpan(0, hyphen).ContainsAnyExcept('-') ? hyphen + 1 : end;
        }

        line.Add(word[..end]);
        chunks.Push(word[end..]);
    }

    private static List<string> Chunks(string text, bool breakHyphens)
    {
        var chunks = new List<string>();
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

            chunks.Add(text[begin..end]);
            begin = end;
        }

        return chunks;
    }

    private static bool IsBlank(string chunk) => PythonText.Trim(chunk, null).Length == 0;

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

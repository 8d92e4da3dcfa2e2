using System.Buffers;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Cuts a text at the added tokens in it: the leftmost first, the longest of those that begin there.</summary>
internal sealed class AddedTokenSplitter
{
    private readonly SearchValues<string>? _anyContent;
    private readonly AddedToken[] _longestFirst;

    internal AddedTokenSplitter(IEnumerable<AddedToken> tokens)
    {
        _longestFirst = [.. tokens.Where(t => t.Content.Length > 0).OrderByDescending(t => t.Content.Length)];
        if (_longestFirst.Length > 0)
        {
            _anyContent = SearchValues.Create([.. _longestFirst.Select(t => t.Content)], StringComparison.Ordinal);
        }
    }

    /// <summary>The parts of the text from left to right: an added token, or a stretch of ordinary text (never empty).</summary>
    internal IEnumerable<(string Text, AddedToken? Token)> Split(string text)
    {
        int done = 0;
        int from = 0;
        while (Find(text, from) is (var at, { } token))
        {
            from = at + token.Content.Length;
            if (token.SingleWord && !StandsAlone(text, at, from))
            {
                from = at + 1;
                continue;
            }

            int start = token.LeftStrip ? done + text.AsSpan(done, at - done).TrimEnd().Length : at;
            if (start > done)
            {
                yield return (text[done..start], null);
            }

            yield return (token.Content, token);
            from += token.RightStrip ? text.Length - from - text.AsSpan(from).TrimStart().Length : 0;
            done = from;
        }

        if (done < text.Length)
        {
            yield return (done == 0 ? text : text[done..], null);
        }
    }

    private (int At, AddedToken? Token) Find(string text, int from)
    {
        int offset = _anyContent is null ? -1 : text.AsSpan(from).IndexOfAny(_anyContent);
        if (offset < 0)
        {
            return (-1, null);
        }

        ReadOnlySpan<char> rest = text.AsSpan(from + offset);
        foreach (AddedToken token in _longestFirst)
        {
            if (rest.StartsWith(token.Content, StringComparison.Ordinal))
            {
                return (from + offset, token);
            }
        }

        return (-1, null);
    }

    private static bool StandsAlone(string text, int start, int end)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, start);
        ReadOnlySpan<char> after = text.AsSpan(end);
        Rune.DecodeLastFromUtf16(before, out Rune left, out _);
        Rune.DecodeFromUtf16(after, out Rune right, out _);
        return (before.IsEmpty || !IsWordRune(left)) && (after.IsEmpty || !IsWordRune(right));
    }

    private static bool IsWordRune(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value == '_';
}

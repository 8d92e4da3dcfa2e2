using System.Buffers;

namespace MLNet.Dispersion.Text;

/// <summary>Finds added tokens in texts: the leftmost first, the longest of those that begin there. Immutable and thread-safe.</summary>
internal sealed class AddedTokenFinder
{
    private readonly (AddedToken Token, int Id)[] _tokens;
    private readonly PieceTrie _trie = new();
    private readonly SearchValues<char> _firsts;
    private readonly bool _specialOnly;

    /// <param name="tokens">What is looked for, with the token and the id of each; of equal texts the first counts.</param>
    internal AddedTokenFinder(IEnumerable<(string Text, AddedToken Token, int Id)> tokens)
    {
        (string Text, AddedToken Token, int Id)[] all = [.. tokens.Where(t => t.Text.Length > 0).DistinctBy(t => t.Text)];
        _tokens = [.. all.Select(t => (t.Token, t.Id))];
        for (int i = 0; i < all.Length; i++)
        {
            _trie.Add(all[i].Text, i);
        }

        _firsts = SearchValues.Create([.. all.Select(t => t.Text[0])]);
        _specialOnly = Array.TrueForAll(_tokens, t => t.Token.Special);
    }

    /// <summary>Cuts a text at the tokens in it: parts with the id of a token, or -1 for text.</summary>
    internal void Cut(AlignedText text, bool specialsAsText, List<(AlignedText Text, int Id)> parts)
    {
        ReadOnlySpan<char> units = text.Span;
        int done = 0;
        if (!(specialsAsText && _specialOnly))
        {
            for (int from = 0; Find(units, from) is { Index: >= 0 } found; from = found.End)
            {
                (AddedToken token, int id) = _tokens[found.Index];
                (int start, int end) = (found.Start, found.End);
                if ((specialsAsText && token.Special) || (token.SingleWord && !StandsAlone(units, start, end)))
                {
                    continue;
                }

                if (token.LeftStrip)
                {
                    while (start > 0 && char.IsWhiteSpace(units[start - 1]))
                    {
                        start--;
                    }

                    start = Math.Max(start, done);
                }

                while (token.RightStrip && end < units.Length && char.IsWhiteSpace(units[end]))
                {
                    end++;
                }

                if (start > end)
                {
                    // The token before has taken it as its white space.
                    continue;
                }

                if (start > done)
                {
                    parts.Add((text.Slice(done, start - done), -1));
                }

                // A token that is white space itself may lie in what the one before has taken: so the reference does it.
                if (end > start)
                {
                    parts.Add((text.Slice(start, end - start), id));
                }

                done = end;
            }
        }

        if (done < units.Length)
        {
            parts.Add((text.Slice(done, units.Length - done), -1));
        }
    }

    private (int Index, int Start, int End) Find(ReadOnlySpan<char> text, int from)
    {
        while (_tokens.Length > 0 && from < text.Length)
        {
            int offset = text[from..].IndexOfAny(_firsts);
            if (offset < 0)
            {
                break;
            }

            int start = from + offset;
            int index = -1;
            int end = start;
            PieceTrie.Walk walk = _trie.Begin();
            for (int at = start; at < text.Length && walk.Step(text[at]);)
            {
                at++;
                if (walk.Id >= 0)
                {
                    (index, end) = (walk.Id, at);
                }
            }

            if (index >= 0)
            {
                return (index, start, end);
            }

            from = start + 1;
        }

        return (-1, 0, 0);
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int end) =>
        !(start > 0 && CutterSets.WordCharacter.Contains(CodePoints.At(text, start - (start > 1 && char.IsLowSurrogate(text[start - 1]) ? 2 : 1))))
        && !(end < text.Length && CutterSets.WordCharacter.Contains(CodePoints.At(text, end)));
}

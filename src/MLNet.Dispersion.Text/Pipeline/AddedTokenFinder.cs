using System.Buffers;

namespace MLNet.Dispersion.Text;

/// <summary>Finds added tokens in texts: the leftmost first, the longest of those that begin there. Immutable and thread-safe.</summary>
internal sealed class AddedTokenFinder
{
    /// <summary>So many units are stepped through one by one: the search in wide steps, which is compiled at its first use, pays for more.</summary>
    private const int Short = 64;

    private readonly TextOfToken[] _tokens;
    private readonly PieceAutomaton _automaton;
    private readonly Lazy<SearchValues<char>> _lasts;
    private readonly bool _specialOnly = true;

    /// <param name="tokens">What is looked for, with the token and the id of each; of equal texts the first counts.</param>
    internal AddedTokenFinder(IEnumerable<TextOfToken> tokens)
    {
        var texts = new HashSet<string>(StringComparer.Ordinal) { "" };
        var all = new List<TextOfToken>();
        foreach (TextOfToken token in tokens)
        {
            if (texts.Add(token.Text))
            {
                all.Add(token);
                _specialOnly &= token.Token.Special;
            }
        }

        TextOfToken[] found = _tokens = [.. all];
        _automaton = new PieceAutomaton(found.Length, (int number, out int id) => found[id = number].Text, backwards: true);
        _lasts = new(() => SearchValues.Create([.. Array.ConvertAll(found, token => token.Text[^1])]));
    }

    /// <summary>Cuts a text at the tokens in it: parts with the id of a token, or -1 for text.</summary>
    internal void Cut(AlignedText text, bool specialsAsText, List<(AlignedText Text, int Id)> parts)
    {
        ReadOnlySpan<char> units = text.Span;
        int done = 0;
        if (!(specialsAsText && _specialOnly) && _tokens.Length > 0)
        {
            List<(int Start, int Piece)> starts = FindStarts(units);
            int next = 0;
            int blanksUntil = 0;
            for (int i = starts.Count - 1; i >= 0; i--)
            {
                (int start, int piece) = starts[i];
                if (start < next)
                {
                    continue;
                }

                (_, AddedToken token, int id) = _tokens[_automaton.IdOf(piece)];
                int end = next = start + _automaton.LengthOf(piece);
                if ((specialsAsText && token.Special) || (token.SingleWord && !StandsAlone(units, start, end)))
                {
                    continue;
                }

                while (token.LeftStrip && start > done && char.IsWhiteSpace(units[start - 1]))
                {
                    start--;
                }

                start = token.LeftStrip ? Math.Max(start, done) : start;
                if (token.RightStrip)
                {
                    // What is known to be blank is not looked at again.
                    end = Math.Max(end, blanksUntil);
                    while (end < units.Length && char.IsWhiteSpace(units[end]))
                    {
                        end++;
                    }

                    blanksUntil = end;
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

    /// <summary>Where tokens begin, each with the longest, the last first.</summary>
    private List<(int Start, int Piece)> FindStarts(ReadOnlySpan<char> text)
    {
        var starts = new List<(int Start, int Piece)>();
        int node = 0;
        for (int at = text.Length - 1; at >= 0; at--)
        {
            if (node == 0 && at >= Short)
            {
                at = text[..(at + 1)].LastIndexOfAny(_lasts.Value);
                if (at < 0)
                {
                    break;
                }
            }

            node = _automaton.Step(node, text[at]);
            if (_automaton.Longest(node) is not 0 and var piece)
            {
                starts.Add((at, piece));
            }
        }

        return starts;
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int end) =>
        !(start > 0 && CutterSets.WordCharacter.Contains(CodePoints.At(text, start - (start > 1 && char.IsLowSurrogate(text[start - 1]) ? 2 : 1))))
        && !(end < text.Length && CutterSets.WordCharacter.Contains(CodePoints.At(text, end)));
}

/// <summary>An added token with the text that is looked for, which the normalizer may have changed, and its id.</summary>
internal sealed record TextOfToken(string Text, AddedToken Token, int Id);

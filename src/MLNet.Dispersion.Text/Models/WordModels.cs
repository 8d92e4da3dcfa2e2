namespace MLNet.Dispersion.Text;

/// <summary>Whole pieces, each a token or the unknown.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, string unknown) : TokenModel
{
    /// <inheritdoc/>
    internal override int Count => vocabulary.Count;

    /// <inheritdoc/>
    internal override int IdLimit => vocabulary.IdLimit;

    /// <inheritdoc/>
    internal override int? IdOf(string piece) => vocabulary.IdOf(piece);

    /// <inheritdoc/>
    internal override string? PieceOf(int id) => vocabulary.PieceOf(id);

    /// <inheritdoc/>
    private protected override PieceTokens Compute(ReadOnlySpan<char> piece) =>
        vocabulary.TryGet(piece, out int id) || vocabulary.TryGet(unknown, out id)
            ? new PieceTokens([id], null, null)
            : throw new TokenizationException($"The vocabulary lacks a word of the text, and its token for unknown words \"{unknown}\", too. Add that token to the vocabulary.");
}

/// <summary>The longest known pieces from the left; what is inside a word is marked by a prefix.</summary>
internal sealed class LongestPieceModel : TokenModel
{
    /// <summary>As many UTF-16 units are told by looking up one beginning after the other.</summary>
    private const int LongestLookedUp = 128;

    private readonly Vocabulary _vocabulary;
    private readonly string _unknown;
    private readonly string _prefix;
    private readonly int _mostCharacters;
    private readonly int _longest;
    private readonly Lazy<WordAutomata> _automata;

    /// <param name="vocabulary">The pieces.</param>
    /// <param name="unknown">The token of words that cannot be told.</param>
    /// <param name="prefix">What marks a piece inside a word.</param>
    /// <param name="mostCharacters">The most code points of a word that is told.</param>
    internal LongestPieceModel(Vocabulary vocabulary, string unknown, string prefix, int mostCharacters)
    {
        _vocabulary = vocabulary;
        _unknown = unknown;
        _prefix = prefix;
        _mostCharacters = mostCharacters;
        _longest = vocabulary.Longest;
        _automata = new(() => new WordAutomata(Automaton(""), Automaton(prefix)));
    }

    /// <inheritdoc/>
    internal override int Count => _vocabulary.Count;

    /// <inheritdoc/>
    internal override int IdLimit => _vocabulary.IdLimit;

    /// <inheritdoc/>
    internal override int? IdOf(string piece) => _vocabulary.IdOf(piece);

    /// <inheritdoc/>
    internal override string? PieceOf(int id) => _vocabulary.PieceOf(id);

    /// <inheritdoc/>
    private protected override PieceTokens Compute(ReadOnlySpan<char> piece)
    {
        if (piece.Length > _mostCharacters && CodePoints.Count(piece) > _mostCharacters)
        {
            return Unknown();
        }

        if (piece.Length > LongestLookedUp)
        {
            return ComputeLong(piece);
        }

        var tokens = new PieceTokensBuilder();
        char[] inner = new char[_prefix.Length + Math.Min(piece.Length, _longest)];
        _prefix.CopyTo(inner);
        int start = 0;
        while (start < piece.Length)
        {
            int length = Longest(piece, start, inner, out int id);
            if (length == 0)
            {
                return Unknown();
            }

            tokens.Add(id, start, start + length);
            start += length;
        }

        return tokens.ToTokens();
    }

    /// <summary>The tokens of a long piece, in linear time: what begins at each place is found in one pass from the end.</summary>
    private PieceTokens ComputeLong(ReadOnlySpan<char> piece)
    {
        (PieceAutomaton first, PieceAutomaton inner) = _automata.Value;
        int[] longest = new int[piece.Length];
        int node = 0;
        int firstNode = 0;
        for (int at = piece.Length - 1; at >= 0; at--)
        {
            node = inner.Step(node, piece[at]);
            firstNode = first.Step(firstNode, piece[at]);
            longest[at] = inner.Longest(node);
        }

        var tokens = new PieceTokensBuilder();
        int head = first.Longest(firstNode);
        if (head == 0)
        {
            return Unknown();
        }

        int start = first.LengthOf(head);
        tokens.Add(first.IdOf(head), 0, start);
        while (start < piece.Length)
        {
            int found = longest[start];
            if (found == 0)
            {
                return Unknown();
            }

            int end = start + inner.LengthOf(found);
            tokens.Add(inner.IdOf(found), start, end);
            start = end;
        }

        return tokens.ToTokens();
    }

    /// <summary>Finds where pieces begin that stand behind a prefix in the vocabulary.</summary>
    private PieceAutomaton Automaton(string prefix) => new(
        _vocabulary.Entries,
        (int number, out int id) => _vocabulary.Entry(number, out id) is var piece && piece.StartsWith(prefix) ? piece[prefix.Length..] : default,
        backwards: true);

    private int Longest(ReadOnlySpan<char> piece, int start, char[] inner, out int id)
    {
        int length = Math.Min(piece.Length - start, _longest);
        if (start > 0)
        {
            piece.Slice(start, length).CopyTo(inner.AsSpan(_prefix.Length));
        }

        for (; length > 0; length--)
        {
            bool torn = start + length < piece.Length && char.IsLowSurrogate(piece[start + length]);
            if (!torn && _vocabulary.TryGet(start > 0 ? inner.AsSpan(0, _prefix.Length + length) : piece[..length], out id))
            {
                return length;
            }
        }

        id = 0;
        return 0;
    }

    private PieceTokens Unknown() => _vocabulary.TryGet(_unknown, out int id)
        ? new PieceTokens([id], null, null)
        : throw new TokenizationException($"The pieces do not cover a word of the text, and the token for unknown words \"{_unknown}\" is not in the vocabulary. Add that token to the vocabulary.");

    /// <summary>Finds what words begin with, and what stands within them.</summary>
    private sealed record WordAutomata(PieceAutomaton First, PieceAutomaton Inner);
}

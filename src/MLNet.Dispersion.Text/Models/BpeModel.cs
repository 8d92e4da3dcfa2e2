using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>What a file says of a model of byte-pair encoding besides its pieces and merges.</summary>
internal sealed record BpeSettings
{
    /// <summary>The token of what no piece covers, or null: it vanishes.</summary>
    internal string? Unknown { get; init; }

    /// <summary>What marks a symbol that does not begin its piece, or null.</summary>
    internal string? Prefix { get; init; }

    /// <summary>What marks the symbol that ends its piece, or null.</summary>
    internal string? Suffix { get; init; }

    /// <summary>Whether neighbouring unknowns are one token.</summary>
    internal bool FuseUnknown { get; init; }

    /// <summary>Whether a character that no piece covers is told in bytes where all of them have pieces.</summary>
    internal bool ByteFallback { get; init; }

    /// <summary>Whether a piece that the vocabulary holds whole is taken so, whatever the merges would give.</summary>
    internal bool IgnoreMerges { get; init; }

    /// <summary>The share of merges that are left out by chance. Above 0 no text is told: nothing here answers by chance.</summary>
    internal float Dropout { get; init; }
}

/// <summary>Byte-pair encoding.</summary>
internal sealed class BpeModel : TokenModel
{
    private const char Sign = '\u2581';
    private readonly Vocabulary _vocabulary;
    private readonly MergeTable _merges;
    private readonly BpeSettings _settings;
    private readonly int[]? _byteIds;
    private readonly PieceMemory _seen = new();
    private readonly Lazy<IReadOnlyList<(string Left, string Right)>> _mergeList;
    private readonly Lazy<bool> _wordsAreApart;

    internal BpeModel(Vocabulary vocabulary, MergeTable merges, BpeSettings settings)
    {
        _vocabulary = vocabulary;
        _merges = merges;
        _settings = settings;
        _byteIds = settings.ByteFallback ? [.. Enumerable.Range(0, 256).Select(b => vocabulary.IdOf($"<0x{b:X2}>") ?? -1)] : null;
        _wordsAreApart = new(AreWordsApart);
        _mergeList = new(() => [.. merges.InOrder().Select(pair => (vocabulary.PieceOf(pair.Left)!, vocabulary.PieceOf(pair.Right)!))]);
    }

    /// <inheritdoc/>
    internal override int Count => _vocabulary.Count;

    /// <inheritdoc/>
    internal override int IdLimit => _vocabulary.IdLimit;

    /// <inheritdoc/>
    internal override int? IdOf(string piece) => _vocabulary.IdOf(piece);

    /// <inheritdoc/>
    internal override string? PieceOf(int id) => _vocabulary.PieceOf(id);

    /// <summary>The pieces.</summary>
    internal Vocabulary Vocabulary => _vocabulary;

    /// <summary>The pairs that are merged, the most urgent first.</summary>
    internal IReadOnlyList<(string Left, string Right)> Merges => _mergeList.Value;

    /// <summary>The tokens of a piece whose bytes are still to be spelled in GPT-2's stand-ins: as spelling first gives them.</summary>
    internal PieceTokens TokenizeUnspelled(ReadOnlySpan<char> piece)
    {
        if (_seen.Find(piece) is { } known)
        {
            return known;
        }

        PieceTokens tokens = Unspelled(Compute(ByteSymbols.Spell(piece)), piece);
        _seen.Add(piece, tokens);
        return tokens;
    }

    /// <summary>Adds the ids of a piece, and stops once there are as many as asked for: where words never share a token, what lies behind costs nothing.</summary>
    internal override void AddIds(ReadOnlySpan<char> piece, List<int> ids, int atLeast)
    {
        if (piece.Length <= PieceMemory.Longest || !_wordsAreApart.Value)
        {
            base.AddIds(piece, ids, atLeast);
            return;
        }

        while (!piece.IsEmpty && ids.Count < atLeast)
        {
            int length = WordLength(piece);
            ids.AddRange(Tokenize(piece[..length]).Ids);
            piece = piece[length..];
        }
    }

    /// <summary>The tokens of a long piece word by word, where words never share a token: the same tokens, most of them remembered.</summary>
    private PieceTokens ComputeWords(ReadOnlySpan<char> piece)
    {
        var tokens = new PieceTokensBuilder();
        for (int start = 0; start < piece.Length;)
        {
            int length = WordLength(piece[start..]);
            PieceTokens word = Tokenize(piece.Slice(start, length));
            for (int i = 0; i < word.Ids.Length; i++)
            {
                tokens.Add(word.Ids[i], start + (word.Starts?[i] ?? 0), start + (word.Ends?[i] ?? length));
            }

            start += length;
        }

        return tokens.ToTokens();
    }

    /// <summary>The length of the first word with the signs of blanks before it.</summary>
    private static int WordLength(ReadOnlySpan<char> text)
    {
        int signs = text.IndexOfAnyExcept(Sign);
        int next = signs < 0 ? -1 : text[signs..].IndexOf(Sign);
        return next < 0 ? text.Length : signs + next;
    }

    /// <summary>Whether no token has a sign of a blank behind another character, so that a text may be cut before each such sign.</summary>
    private bool AreWordsApart()
    {
        bool plain = _settings is { Prefix: null, Suffix: null, IgnoreMerges: false, Dropout: 0 } && _vocabulary.TryGet([Sign], out _);
        return plain && _merges.Results().All(id => _vocabulary.SpanOfId(id) is var text && WordLength(text) == text.Length);
    }

    /// <inheritdoc/>
    private protected override PieceTokens Compute(ReadOnlySpan<char> piece)
    {
        if (piece.IsEmpty)
        {
            return PieceTokens.None;
        }

        if (_settings.Dropout > 0)
        {
            throw new TokenizationException("The tokenizer's model leaves out merges by chance (dropout), so that the same text would have other tokens each time. Set dropout to null in tokenizer.json.");
        }

        if (_settings.IgnoreMerges && _vocabulary.TryGet(piece, out int whole))
        {
            return new PieceTokens([whole], null, null);
        }

        if (piece.Length > PieceMemory.Longest && _wordsAreApart.Value && WordLength(piece) < piece.Length)
        {
            return ComputeWords(piece);
        }

        SymbolList symbols = Symbols(piece);
        SymbolMerger.Merge(symbols, _merges);
        return Place(symbols, piece);
    }

    /// <summary>The places of the symbols of a spelled piece, of which each unit is a byte of the piece.</summary>
    private static PieceTokens Unspelled(PieceTokens spelled, ReadOnlySpan<char> piece)
    {
        if (spelled.Starts is null || spelled.Ends is null || System.Text.Ascii.IsValid(piece))
        {
            return spelled;
        }

        var starts = new List<int>(piece.Length * 3);
        var ends = new List<int>(piece.Length * 3);
        for (int i = 0; i < piece.Length; i += CodePoints.LengthAt(piece, i))
        {
            for (int b = CodePoints.Utf8Length(CodePoints.At(piece, i)); b > 0; b--)
            {
                starts.Add(i);
                ends.Add(i + CodePoints.LengthAt(piece, i));
            }
        }

        return spelled with { Starts = [.. spelled.Starts.Select(s => s < 0 ? s : starts[s])], Ends = [.. spelled.Ends.Select((e, i) => spelled.Starts[i] < 0 ? e : ends[e - 1])] };
    }

    private SymbolList Symbols(ReadOnlySpan<char> piece)
    {
        var symbols = new SymbolList(piece.Length);
        Symbol? unknown = null;
        bool marked = _settings.Prefix is not null || _settings.Suffix is not null;
        for (int i = 0; i < piece.Length;)
        {
            int length = CodePoints.LengthAt(piece, i);
            ReadOnlySpan<char> text = piece.Slice(i, length);
            if (marked)
            {
                text = string.Concat(i > 0 ? _settings.Prefix : "", text, i + length == piece.Length ? _settings.Suffix : "");
            }

            int bytes = CodePoints.Utf8Length(CodePoints.At(piece, i));
            i += length;
            if (_vocabulary.TryGet(text, out int id))
            {
                Flush();
                symbols.Add(new Symbol(id, bytes));
            }
            else if (!Fallback(text, symbols) && _settings.Unknown is { } token)
            {
                if (unknown is { } before && _settings.FuseUnknown)
                {
                    unknown = before with { Bytes = before.Bytes + bytes };
                }
                else
                {
                    Flush();
                    unknown = new Symbol(_vocabulary.IdOf(token) ?? throw new TokenizationException($"The pieces do not cover a character of the text, and the token for the unknown \"{token}\" is not in the vocabulary. Add that token to the vocabulary."), bytes);
                }
            }
        }

        Flush();
        return symbols;

        void Flush()
        {
            if (unknown is { } symbol)
            {
                symbols.Add(symbol);
                unknown = null;
            }
        }
    }

    /// <summary>Adds the bytes of a text where all of them have pieces. Unknown text before them stays behind them: so the reference does it.</summary>
    private bool Fallback(ReadOnlySpan<char> text, SymbolList symbols)
    {
        if (_byteIds is null)
        {
            return false;
        }

        Span<byte> few = stackalloc byte[64];
        int count = CodePoints.Utf8Length(text);
        Span<byte> bytes = count <= few.Length ? few[..count] : new byte[count];
        Encoding.UTF8.GetBytes(text, bytes);
        foreach (byte value in bytes)
        {
            if (_byteIds[value] < 0)
            {
                return false;
            }
        }

        foreach (byte value in bytes)
        {
            symbols.Add(new Symbol(_byteIds[value], 1));
        }

        return true;
    }

    /// <summary>Where the symbols lie in the piece: a symbol that takes part of a character's bytes lies where the character does.</summary>
    /// <remarks>Marks and bytes of marks can take more bytes than the piece has: then the complement of the first byte stands for the beginning, and the byte behind the last for the end.</remarks>
    private static PieceTokens Place(SymbolList list, ReadOnlySpan<char> piece)
    {
        Symbol[] symbols = list.Symbols;
        var ids = new int[list.Count];
        var starts = new int[list.Count];
        var ends = new int[list.Count];
        int unit = 0;
        int unitByte = 0;
        int at = 0;
        int bytes = CodePoints.Utf8Length(piece);
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = symbols[i].Id;
            int end = at + symbols[i].Bytes;
            if (end > bytes)
            {
                (starts[i], ends[i]) = (~at, end);
            }
            else
            {
                starts[i] = Advance(at, piece);
                int last = Advance(Math.Max(end - 1, 0), piece);
                ends[i] = last < piece.Length ? last + CodePoints.LengthAt(piece, last) : last;
            }

            at = end;
        }

        return new PieceTokens(ids, starts, ends);

        // The unit in which a byte lies; bytes only go up, but for the one that ends a symbol and begins the next.
        int Advance(int target, ReadOnlySpan<char> text)
        {
            while (unit < text.Length)
            {
                int length = CodePoints.Utf8Length(CodePoints.At(text, unit));
                if (target < unitByte + length)
                {
                    return unit;
                }

                unitByte += length;
                unit += CodePoints.LengthAt(text, unit);
            }

            return text.Length;
        }
    }
}

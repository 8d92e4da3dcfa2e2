using System.Collections.Concurrent;

namespace MLNet.Dispersion.Text;

/// <summary>Turns pieces of text into tokens. Thread-safe; pieces that were seen are remembered, up to a number.</summary>
internal abstract class TokenModel
{
    private const int LongestRemembered = 64;
    private const int MostRemembered = 50_000;
    private readonly ConcurrentDictionary<string, PieceTokens> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PieceTokens>.AlternateLookup<ReadOnlySpan<char>> _seenBySpan;
    private int _seenCount;

    private protected TokenModel() => _seenBySpan = _seen.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>How many different pieces the vocabulary holds.</summary>
    internal abstract int Count { get; }

    /// <summary>One more than the highest id.</summary>
    internal abstract int IdLimit { get; }

    /// <summary>The id of a piece, or null.</summary>
    internal abstract int? IdOf(string piece);

    /// <summary>The piece of an id, or null.</summary>
    internal abstract string? PieceOf(int id);

    /// <summary>The tokens of a piece of text.</summary>
    /// <exception cref="TokenizationException">It cannot be told in this vocabulary.</exception>
    internal PieceTokens Tokenize(ReadOnlySpan<char> piece)
    {
        if (piece.Length > LongestRemembered)
        {
            return Compute(piece);
        }

        if (_seenBySpan.TryGetValue(piece, out PieceTokens? tokens))
        {
            return tokens;
        }

        tokens = Compute(piece);
        if (_seenCount < MostRemembered && _seen.TryAdd(piece.ToString(), tokens))
        {
            Interlocked.Increment(ref _seenCount);
        }

        return tokens;
    }

    /// <summary>Adds the ids of a piece of text; may stop once there are as many as asked for.</summary>
    internal virtual void AddIds(ReadOnlySpan<char> piece, List<int> ids, int atLeast) => ids.AddRange(Tokenize(piece).Ids);

    /// <summary>Finds the tokens of a piece of text.</summary>
    private protected abstract PieceTokens Compute(ReadOnlySpan<char> piece);
}

/// <summary>Pieces with their ids, in both directions.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly Lazy<string?[]> _pieces;

    internal Vocabulary(Dictionary<string, int> ids)
    {
        _ids = ids;
        _bySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        int limit = 0;
        foreach (int id in ids.Values)
        {
            limit = Math.Max(limit, id + 1);
        }

        IdLimit = limit;
        _pieces = new(MakePieces);
    }

    /// <summary>The pieces with their ids.</summary>
    internal IReadOnlyDictionary<string, int> Ids => _ids;

    internal int Count => _ids.Count;

    /// <summary>One more than the highest id.</summary>
    internal int IdLimit { get; }

    internal bool TryGet(ReadOnlySpan<char> piece, out int id) => _bySpan.TryGetValue(piece, out id);

    internal int? IdOf(string piece) => _ids.TryGetValue(piece, out int id) ? id : null;

    internal string? PieceOf(int id) => (uint)id < (uint)IdLimit ? _pieces.Value[id] : null;

    private string?[] MakePieces()
    {
        var pieces = new string?[IdLimit];
        foreach ((string piece, int id) in _ids)
        {
            pieces[id] = piece;
        }

        return pieces;
    }
}

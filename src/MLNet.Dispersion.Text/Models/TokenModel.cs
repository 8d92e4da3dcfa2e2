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

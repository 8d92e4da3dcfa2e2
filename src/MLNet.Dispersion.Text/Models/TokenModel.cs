namespace MLNet.Dispersion.Text;

/// <summary>Turns pieces of text into tokens. Thread-safe; pieces that were seen are remembered, up to a length and a number.</summary>
internal abstract class TokenModel
{
    private readonly PieceMemory _seen = new();

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
        if (_seen.Find(piece) is { } known)
        {
            return known;
        }

        PieceTokens tokens = Compute(piece);
        _seen.Add(piece, tokens);
        return tokens;
    }

    /// <summary>Adds the ids of a piece of text; may stop once there are as many as asked for.</summary>
    internal virtual void AddIds(ReadOnlySpan<char> piece, List<int> ids, int atLeast) => ids.AddRange(Tokenize(piece).Ids);

    /// <summary>Finds the tokens of a piece of text.</summary>
    private protected abstract PieceTokens Compute(ReadOnlySpan<char> piece);
}

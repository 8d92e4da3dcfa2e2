namespace MLNet.Dispersion.Text;

/// <summary>The tokens of a piece of text. Not changed after it is made.</summary>
/// <param name="Ids">Their ids.</param>
/// <param name="Starts">Where each begins, in units of the piece; null where the whole piece is one token. Below 0: the complement of a place in bytes, for a token that ends behind the piece.</param>
/// <param name="Ends">Where each ends; null where the whole piece is one token.</param>
/// <param name="Texts">The text of a token where it is not that of its id, or null.</param>
internal sealed record PieceTokens(int[] Ids, int[]? Starts, int[]? Ends, string?[]? Texts = null)
{
    /// <summary>No tokens.</summary>
    internal static PieceTokens None { get; } = new([], null, null);
}

/// <summary>Collects the tokens of a piece.</summary>
internal sealed class PieceTokensBuilder
{
    private readonly List<int> _ids = [];
    private readonly List<int> _starts = [];
    private readonly List<int> _ends = [];
    private List<string?>? _texts;

    internal void Add(int id, int start, int end, string? text = null)
    {
        if (text is not null && _texts is null)
        {
            _texts = [.. Enumerable.Repeat<string?>(null, _ids.Count)];
        }

        _ids.Add(id);
        _starts.Add(start);
        _ends.Add(end);
        _texts?.Add(text);
    }

    internal PieceTokens ToTokens() => new([.. _ids], [.. _starts], [.. _ends], _texts is null ? null : [.. _texts]);
}

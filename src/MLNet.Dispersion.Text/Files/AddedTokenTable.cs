namespace MLNet.Dispersion.Text;

/// <summary>Gathers added tokens from the several files that may name them and refuses contradictions.</summary>
internal sealed class AddedTokenTable
{
    private readonly IReadOnlyDictionary<string, int> _vocabulary;
    private readonly Dictionary<int, string> _contents;
    private readonly Dictionary<string, AddedToken> _tokens = new(StringComparer.Ordinal);

    internal AddedTokenTable(IReadOnlyDictionary<string, int> vocabulary)
    {
        _vocabulary = vocabulary;
        _contents = vocabulary.ToDictionary(piece => piece.Value, piece => piece.Key);
    }

    /// <summary>The tokens, in the order of their ids.</summary>
    internal IReadOnlyList<AddedToken> Tokens => [.. _tokens.Values.OrderBy(t => t.Id)];

    /// <summary>Takes a token that a file defines; where two files define the same one, the first counts.</summary>
    internal void Define(AddedToken token, JsonField where)
    {
        if (token.Content.Length == 0)
        {
            throw where.Fail("an added token must not be empty");
        }

        if (IdOf(token.Content) is { } id && id != token.Id)
        {
            throw where.Fail($"the token \"{token.Content}\" has id {token.Id} here, and id {id} in the vocabulary");
        }

        if (_contents.TryGetValue(token.Id, out string? other) && other != token.Content)
        {
            throw where.Fail($"the token \"{token.Content}\" has id {token.Id}, which is also that of \"{other}\"");
        }

        _contents[token.Id] = token.Content;
        _tokens.TryAdd(token.Content, token);
    }

    /// <summary>Makes a token special that a file calls so by name; one that no vocabulary holds is left aside.</summary>
    internal void MarkSpecial(string content)
    {
        if (IdOf(content) is { } id)
        {
            AddedToken token = _tokens.GetValueOrDefault(content) ?? new AddedToken(id, content);
            _tokens[content] = token with { Special = true };
        }
    }

    /// <summary>The id of a token or piece, or null.</summary>
    internal int? IdOf(string content) =>
        _tokens.TryGetValue(content, out AddedToken? token) ? token.Id
        : _vocabulary.TryGetValue(content, out int id) ? id
        : null;

    /// <summary>The text of an id, or null.</summary>
    internal string? ContentOf(int id) => _contents.GetValueOrDefault(id);
}

namespace MLNet.Dispersion.Text;

/// <summary>The tokens that were added to a model's own. Immutable and thread-safe.</summary>
internal sealed class AddedVocabulary
{
    private readonly TokenModel _model;
    private readonly TextNormalizer? _normalizer;
    private readonly List<AddedToken> _definitions;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, AddedToken> _tokens = [];
    private readonly HashSet<string> _specials = new(StringComparer.Ordinal);
    private readonly AddedTokenFinder _raw;
    private readonly AddedTokenFinder _normalized;

    /// <param name="model">The model: tokens that its vocabulary holds keep their ids, all others get the next free ones.</param>
    /// <param name="normalizer">What the file does to text, or null.</param>
    /// <param name="tokens">The tokens in their order.</param>
    internal AddedVocabulary(TokenModel model, TextNormalizer? normalizer, IEnumerable<AddedToken> tokens)
    {
        _model = model;
        _normalizer = normalizer;
        _definitions = [.. tokens];
        int highest = -1;
        Count = model.Count;
        foreach (AddedToken token in _definitions)
        {
            if (token.Content.Length > 0)
            {
                // A token that is there already gets new flags: so the reference does it.
                if (!_ids.TryGetValue(token.Content, out int id))
                {
                    int? own = model.IdOf(token.Content);
                    id = own ?? (highest >= model.Count || (model.Count == 0 && highest >= 0) ? highest + 1 : model.Count);
                    Count += own is null ? 1 : 0;
                }

                highest = Math.Max(highest, id);
                _ids[token.Content] = id;
                _tokens[id] = token;
                if (token.Special)
                {
                    _specials.Add(token.Content);
                }
            }
        }

        var raw = new List<TextOfToken>();
        var normalized = new List<TextOfToken>();
        // No set of numbers: its code is compiled anew in each process that loads a tokenizer.
        var seen = new Dictionary<int, AddedToken>(_ids.Count);
        foreach (int id in _ids.Values)
        {
            AddedToken token = _tokens[id];
            if (seen.TryAdd(id, token))
            {
                (token.Normalized ? normalized : raw).Add(new TextOfToken(token.Normalized && normalizer is not null ? normalizer.Normalize(token.Content) : token.Content, token, id));
            }
        }

        _raw = new AddedTokenFinder(raw);
        _normalized = new AddedTokenFinder(normalized);
        IdLimit = Math.Max(highest + 1, model.IdLimit);
    }

    /// <summary>One more than the highest id, the model's included.</summary>
    internal int IdLimit { get; }

    /// <summary>How many different tokens there are, the model's included.</summary>
    internal int Count { get; }

    /// <summary>The tokens by their ids, in no order.</summary>
    internal IReadOnlyDictionary<int, AddedToken> Tokens => _tokens;

    /// <summary>The tokens as they were given, in their order.</summary>
    internal IReadOnlyList<AddedToken> Definitions => _definitions;

    /// <summary>The id of a token, added or not; or null.</summary>
    internal int? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : _model.IdOf(token);

    /// <summary>The text of a token, added or not; or null.</summary>
    internal string? TextOf(int id) => _tokens.TryGetValue(id, out AddedToken? token) ? token.Content : _model.PieceOf(id);

    /// <summary>Whether a token is added under that id.</summary>
    internal bool IsAdded(int id) => _tokens.ContainsKey(id);

    /// <summary>Whether the text is that of a special token.</summary>
    internal bool IsSpecial(string token) => _specials.Contains(token);

    /// <summary>The parts of a text, rewritten by the normalizer: each with the id of a token, or -1 for text that is still to be cut.</summary>
    internal List<(AlignedText Text, int Id)> Extract(AlignedText text, bool specialsAsText)
    {
        var raw = new List<(AlignedText Text, int Id)>();
        _raw.Cut(text, specialsAsText, raw);
        var parts = new List<(AlignedText Text, int Id)>(raw.Count);
        foreach ((AlignedText part, int id) in raw)
        {
            if (id >= 0)
            {
                parts.Add((part, id));
            }
            else
            {
                _normalized.Cut(_normalizer?.Normalize(part) ?? part, specialsAsText, parts);
            }
        }

        return parts;
    }
}

namespace MLNet.Dispersion.Text;

/// <summary>Gathers the ids of one text up to the number allowed, fixed ids before and after them counted in.</summary>
internal sealed class TokenCollector
{
    private readonly IReadOnlyList<int> _prefix;
    private readonly IReadOnlyList<int> _suffix;
    private readonly int _maxTokens;
    private readonly int _room;
    private readonly List<int> _ids = [];

    internal TokenCollector(IReadOnlyList<int> prefix, IReadOnlyList<int> suffix, int maxTokens)
    {
        _prefix = prefix;
        _suffix = suffix;
        _maxTokens = maxTokens;
        _room = Math.Max(0, maxTokens - prefix.Count - suffix.Count);
    }

    /// <summary>Whether more ids came than are allowed, so that no further one matters.</summary>
    internal bool Overflowed => _ids.Count > _room;

    internal void Add(int id) => _ids.Add(id);

    internal void AddRange(IReadOnlyList<int> ids) => _ids.AddRange(ids);

    internal EncodedText ToEncodedText()
    {
        int kept = Math.Min(_ids.Count, _room);
        int[] ids = [.. _prefix, .. _ids.Take(kept), .. _suffix];
        bool fits = ids.Length <= _maxTokens;
        return new EncodedText(fits ? ids : ids[.._maxTokens], Overflowed || !fits);
    }
}

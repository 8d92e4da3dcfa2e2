using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Decodes tokens that come one by one: text is given out once no later token can change it. For one thread.</summary>
public sealed class TextDecodeStream
{
    private const char Incomplete = '\ufffd';
    private readonly Func<IEnumerable<int>, string> _decode;
    private List<int> _ids = [];
    private string _prefix = "";
    private int _prefixCount;

    internal TextDecodeStream(Func<IEnumerable<int>, string> decode) => _decode = decode;

    /// <summary>Takes a token.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The new text; null where there is none yet.</returns>
    public string? Add(int id)
    {
        if (_prefix.Length == 0 && _ids.Count > 0 && _decode(_ids) is var before && !before.EndsWith(Incomplete))
        {
            _prefix = before;
            _prefixCount = _ids.Count;
        }

        _ids.Add(id);
        string text = _decode(_ids);
        if (Encoding.UTF8.GetByteCount(text) <= Encoding.UTF8.GetByteCount(_prefix) || text.EndsWith(Incomplete))
        {
            return null;
        }

        int common = text.AsSpan().CommonPrefixLength(_prefix);
        string added = text[common..];
        int kept = _ids.Count - _prefixCount;
        _ids = _ids[_prefixCount..];
        _prefix = _decode(_ids);
        _prefixCount = kept;
        return added;
    }
}

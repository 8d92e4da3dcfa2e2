using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Decodes tokens that come one by one: text is given out once no later token can change it. For one thread.</summary>
/// <remarks>Bytes that never become a character are held back as long as nothing but such bytes comes; the work for each token does not grow with what is held back.</remarks>
public sealed class TextDecodeStream
{
    private const char Incomplete = '\ufffd';
    private const string Pending = "\ufffd";

    /// <summary>How many tokens are decoded anew for each that comes, at most; no character has so many.</summary>
    private const int Few = 64;

    private readonly Func<IEnumerable<int>, string> _decode;
    private readonly Func<int, bool> _saysNothing;
    private List<int> _ids = [];
    private string _text = "";
    private string _prefix = "";
    private int _prefixCount;
    private int _nextLook;

    /// <param name="decode">The text of tokens.</param>
    /// <param name="saysNothing">Whether a token is left out of every text.</param>
    internal TextDecodeStream(Func<IEnumerable<int>, string> decode, Func<int, bool> saysNothing)
    {
        _decode = decode;
        _saysNothing = saysNothing;
    }

    /// <summary>Takes a token.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The new text; null where there is none yet.</returns>
    public string? Add(int id)
    {
        if (_saysNothing(id))
        {
            return null;
        }

        if (_prefix.Length == 0 && _ids.Count > 0 && !_text.EndsWith(Incomplete))
        {
            _prefix = _text;
            _prefixCount = _ids.Count;
        }

        _ids.Add(id);
        bool isLong = _ids.Count > Few;
        if (isLong && (_ids.Count < _nextLook || _decode(_ids[^(Few / 4)..]).EndsWith(Incomplete)))
        {
            _text = Pending;
            return null;
        }

        _text = _decode(_ids);
        if (Encoding.UTF8.GetByteCount(_text) <= Encoding.UTF8.GetByteCount(_prefix) || _text.EndsWith(Incomplete))
        {
            // Though its end is whole: the longer the text, the longer until it is looked at again.
            _nextLook = isLong ? _ids.Count + (_ids.Count / 8) : 0;
            return null;
        }

        int common = _text.AsSpan().CommonPrefixLength(_prefix);
        string added = _text[common..];
        int kept = _ids.Count - _prefixCount;
        _ids = _ids[_prefixCount..];
        _prefix = _text = _decode(_ids);
        _prefixCount = kept;
        _nextLook = 0;
        return added;
    }
}

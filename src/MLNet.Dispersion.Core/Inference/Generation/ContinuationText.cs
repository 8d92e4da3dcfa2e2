using System.Text;

namespace MLNet.Dispersion;

/// <summary>The text of tokens that come one by one behind a prompt: characters are given out once their bytes are complete, and stop sequences are found across tokens.</summary>
internal sealed class ContinuationText
{
    private readonly TextTokenizer _tokenizer;
    private readonly IReadOnlyList<string> _stops;
    private readonly int _longestStop;
    private readonly StringBuilder _text = new();
    private readonly List<int> _window;
    private int _taken;
    private int _released;

    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="prompt">The tokens in front, whose text is not given out.</param>
    /// <param name="stops">What ends the text.</param>
    internal ContinuationText(TextTokenizer tokenizer, IReadOnlyList<int> prompt, IReadOnlyList<string> stops)
    {
        _tokenizer = tokenizer;
        _stops = stops;
        _longestStop = stops.Select(stop => stop.Length).DefaultIfEmpty(0).Max();
        _window = [.. prompt];
        _taken = Complete(tokenizer.Decode(_window));
    }

    /// <summary>Whether a stop sequence was found.</summary>
    internal bool Stopped { get; private set; }

    /// <summary>The text so far, without a stop sequence.</summary>
    internal string Text => _text.ToString();

    /// <summary>Adds a token.</summary>
    /// <returns>New text that no later token can change or take back.</returns>
    internal string Add(int id)
    {
        _window.Add(id);
        string decoded = _tokenizer.Decode(_window);
        int complete = Complete(decoded);
        Take(decoded, complete);
        if (complete == decoded.Length && _tokenizer.Decode([id]) is { Length: > 0 } alone)
        {
            // From here on the last token is all that is needed to see what the next ones add.
            _window.Clear();
            _window.Add(id);
            _taken = alone.Length;
        }

        return Release(HeldBack());
    }

    /// <summary>Closes the text.</summary>
    /// <returns>What had been held back.</returns>
    internal string Finish()
    {
        if (!Stopped)
        {
            string decoded = _tokenizer.Decode(_window);
            Take(decoded, decoded.Length);
        }

        return Release(heldBack: 0);
    }

    /// <summary>How much of a decoded text stays as it is: a U+FFFD at its end may be the beginning of a character.</summary>
    private static int Complete(string decoded) => decoded.EndsWith('\uFFFD') ? decoded.Length - 1 : decoded.Length;

    private void Take(string decoded, int until)
    {
        if (until <= _taken)
        {
            return;
        }

        int searched = Math.Max(0, _text.Length - _longestStop + 1);
        _text.Append(decoded, _taken, until - _taken);
        _taken = until;
        if (_stops.Count == 0)
        {
            return;
        }

        string tail = _text.ToString(searched, _text.Length - searched);
        int first = _stops.Select(stop => tail.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
        if (first >= 0)
        {
            _text.Length = searched + first;
            Stopped = true;
        }
    }

    /// <summary>Characters at the end that a stop sequence may begin with.</summary>
    private int HeldBack()
    {
        if (Stopped || _longestStop < 2)
        {
            return 0;
        }

        int most = Math.Min(_longestStop - 1, _text.Length);
        string tail = _text.ToString(_text.Length - most, most);
        for (int length = most; length > 0; length--)
        {
            string end = tail[^length..];
            if (_stops.Any(stop => stop.Length > length && stop.StartsWith(end, StringComparison.Ordinal)))
            {
                return length;
            }
        }

        return 0;
    }

    private string Release(int heldBack)
    {
        int until = Math.Max(_released, _text.Length - heldBack);
        string released = _text.ToString(_released, until - _released);
        _released = until;
        return released;
    }
}

using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>A long text that grows at its end, so that adding to it again and again does not copy what is there each time.</summary>
internal sealed class TextChain
{
    private const int WorthChaining = 512;

    // Others may have added text behind ours: we never look there.
    private readonly StringBuilder _text;
    private readonly int _length;
    private string? _whole;

    private TextChain(StringBuilder text, int length)
    {
        _text = text;
        _length = length;
    }

    /// <summary>Joins a text, or a chain, and a text.</summary>
    internal static object Join(object left, string right, JinjaMeter meter)
    {
        if (left is string text)
        {
            if (right.Length == 0 || text.Length == 0)
            {
                return right.Length == 0 ? text : right;
            }

            meter.Length((long)text.Length + right.Length);
            return text.Length + right.Length < WorthChaining ? text + right : Of(new StringBuilder(text, (text.Length + right.Length) * 2).Append(right));
        }

        var chain = (TextChain)left;
        if (chain._text.Length != chain._length)
        {
            meter.Length((long)chain._length + right.Length);
            return Of(new StringBuilder((chain._length + right.Length) * 2).Append(chain._text, 0, chain._length).Append(right));
        }

        meter.Grow((long)chain._length + right.Length, right.Length);
        chain._text.Append(right);
        return Of(chain._text);
    }

    /// <summary>The text as one.</summary>
    internal string Whole(JinjaMeter meter)
    {
        if (_whole is null)
        {
            meter.Write(_length);
            _whole = _text.ToString(0, _length);
        }

        return _whole;
    }

    /// <summary>Writes it behind a text.</summary>
    internal void AppendTo(StringBuilder target) => target.Append(_text, 0, _length);

    internal int Length => _length;

    private static TextChain Of(StringBuilder text) => new(text, text.Length);
}

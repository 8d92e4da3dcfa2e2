using System.Buffers.Text;
using System.Text;

namespace MLNet.Dispersion.Files;

/// <summary>Steps through the values of a long list or object of JSON, of which nothing is kept: such as the pieces of a vocabulary. For one thread.</summary>
/// <remarks>
/// A value is known by its first character. It is no <see cref="System.Text.Json.Utf8JsonReader"/>, whose searches the runtime compiles anew in each process, which takes longer than reading some hundred thousand short texts.
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion.Files;
///
/// JsonField names = JsonField.Read(new DirectorySource("model"), "names.json").Get("names");
/// var reader = new JsonListReader(names.Utf8.Span);
/// reader.Enter('[');
/// while (reader.Next(']') &amp;&amp; reader.TryGetText(0, out ReadOnlySpan&lt;char&gt; name))
/// {
///     Console.WriteLine(name.ToString());
/// }
/// </code>
/// </example>
public ref struct JsonListReader
{
    private readonly ReadOnlySpan<byte> _json;
    private char[] _first = new char[256];
    private char[] _second = new char[256];
    private int _start;
    private int _end;
    private bool _isEscaped;
    private bool _isAscii;

    /// <summary>Stands before the list.</summary>
    /// <param name="json">A value that is known to be JSON, such as <see cref="JsonField.Utf8"/>; may be empty.</param>
    public JsonListReader(ReadOnlySpan<byte> json) => _json = json;

    /// <summary>Gets the value as it is written; of a text what stands between its quotes.</summary>
    public readonly ReadOnlySpan<byte> Written => Is('"') ? _json[(_start + 1)..(_end - 1)] : _json[_start.._end];

    /// <summary>Goes into the list.</summary>
    /// <param name="kind">How it must begin: <c>[</c> or <c>{</c>.</param>
    /// <returns>Whether it begins so.</returns>
    public bool Enter(char kind) => Read() && Is(kind);

    /// <summary>Goes to the next value or name; into lists and objects, and behind their ends.</summary>
    /// <param name="end">What ends the list that is read: <c>]</c> or <c>}</c>.</param>
    /// <returns>False where the end comes.</returns>
    public bool Next(char end) => Read() && !Is(end);

    /// <summary>Says whether the value begins so: <c>"</c> is a text or a name.</summary>
    /// <param name="kind">The character.</param>
    public readonly bool Is(char kind) => (uint)_start < (uint)_json.Length && _json[_start] == kind;

    /// <summary>Gets the text of a value or a name.</summary>
    /// <param name="place">In which of two places it is put, 0 or 1, which are written anew each time.</param>
    /// <param name="text">The text.</param>
    /// <returns>False where it is no text, or one that is no valid Unicode.</returns>
    public bool TryGetText(int place, out ReadOnlySpan<char> text)
    {
        text = default;
        if (!Is('"'))
        {
            return false;
        }

        ReadOnlySpan<byte> bytes = _json[(_start + 1)..(_end - 1)];
        ref char[] units = ref place == 0 ? ref _first : ref _second;
        if (units.Length < bytes.Length)
        {
            units = new char[2 * bytes.Length];
        }

        char[] taken = units;
        int length = bytes.Length;
        if (_isEscaped || !_isAscii)
        {
            length = _isEscaped ? JsonEscapes.Decode(bytes, taken) : Encoding.UTF8.GetChars(bytes, taken);
        }
        else
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                taken[i] = (char)bytes[i];
            }
        }

        text = length >= 0 ? taken.AsSpan(0, length) : default;
        return length >= 0;
    }

    /// <summary>Gets a whole number that is written with digits alone.</summary>
    /// <param name="largest">The largest that is taken, at most 100,000,000.</param>
    /// <returns>The number, or -1.</returns>
    public readonly int GetIndex(int largest)
    {
        int number = 0;
        foreach (byte digit in _json[_start.._end])
        {
            if (digit is < (byte)'0' or > (byte)'9' || number > largest)
            {
                return -1;
            }

            number = (10 * number) + digit - '0';
        }

        return number <= largest ? number : -1;
    }

    /// <summary>Gets a number.</summary>
    /// <returns>The number, or not a number.</returns>
    public readonly double GetDouble() => !Is('"') && Utf8Parser.TryParse(Written, out double number, out int length) && length == Written.Length ? number : double.NaN;

    private bool Read()
    {
        ReadOnlySpan<byte> json = _json;
        int at = _end;
        while ((uint)at < (uint)json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)',' or (byte)':')
        {
            at++;
        }

        if ((uint)at >= (uint)json.Length)
        {
            return false;
        }

        _start = at;
        byte first = json[at++];
        if (first == '"')
        {
            int all = 0;
            _isEscaped = false;
            while (json[at] is var unit && unit != '"')
            {
                all |= unit;
                at++;
                if (unit == '\\')
                {
                    _isEscaped = true;
                    at++;
                }
            }

            _isAscii = all < 0x80;
            at++;
        }
        else if (first is not ((byte)'{' or (byte)'}' or (byte)'[' or (byte)']'))
        {
            while ((uint)at < (uint)json.Length && json[at] is > (byte)' ' and not ((byte)',' or (byte)']' or (byte)'}'))
            {
                at++;
            }
        }

        _end = at;
        return true;
    }
}

using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Steps through the values of a list whose bytes are known to be JSON. For one thread.</summary>
/// <remarks>A value is known by its first character. It is no <see cref="System.Text.Json.Utf8JsonReader"/>, whose searches the runtime compiles anew in each process, before the first text of some hundred thousand is read.</remarks>
internal ref struct ListReader(ReadOnlySpan<byte> json, JsonField place)
{
    private readonly ReadOnlySpan<byte> _json = json;
    private readonly JsonField _place = place;
    private int _start;
    private int _end;
    private bool _isEscaped;
    private bool _isAscii;
    private char[] _first = new char[256];
    private char[] _second = new char[256];

    /// <summary>Goes in.</summary>
    internal void Enter(char kind, string otherwise)
    {
        if (!Read() || !Is(kind))
        {
            throw _place.Fail(otherwise);
        }
    }

    /// <summary>Goes to the next value; false where the end comes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Next(char end) => Read() && !Is(end);

    /// <summary>Whether the value begins so.</summary>
    internal readonly bool Is(char kind) => _json[_start] == kind;

    /// <summary>The text of a value or a name, in one of two places that are written anew each time.</summary>
    internal ReadOnlySpan<char> Text(int buffer, string what)
    {
        if (!Is('"'))
        {
            throw _place.Fail($"{what} in it is no text");
        }

        ReadOnlySpan<byte> bytes = _json[(_start + 1)..(_end - 1)];
        ref char[] units = ref buffer == 0 ? ref _first : ref _second;
        if (units.Length < bytes.Length)
        {
            units = new char[2 * bytes.Length];
        }

        if (!_isAscii || _isEscaped)
        {
            int length = _isEscaped ? JsonEscapes.Decode(bytes, units) : Encoding.UTF8.GetChars(bytes, units);
            return length >= 0 ? units.AsSpan(0, length) : throw _place.Fail($"{what} in it is no valid Unicode text, which JSON must be");
        }

        char[] ascii = units;
        for (int i = 0; i < bytes.Length; i++)
        {
            ascii[i] = (char)bytes[i];
        }

        return ascii.AsSpan(0, bytes.Length);
    }

    /// <summary>The value as it is written, shortened, for messages.</summary>
    internal readonly string Excerpt() => Printable.Name(Encoding.UTF8.GetString(Value[..Math.Min(60, Value.Length)]));

    /// <summary>A token id, or -1. A number is written with digits alone: so the reference reads ids.</summary>
    internal readonly int Id()
    {
        int id = 0;
        foreach (byte digit in _json[_start.._end])
        {
            if (digit is < (byte)'0' or > (byte)'9' || id > TokenId.Largest)
            {
                return -1;
            }

            id = (10 * id) + digit - '0';
        }

        return id <= TokenId.Largest ? id : -1;
    }

    /// <summary>A number, or not a number.</summary>
    internal readonly double Score() =>
        !Is('"') && Utf8Parser.TryParse(Value, out double score, out int length) && length == Value.Length ? score : double.NaN;

    private readonly ReadOnlySpan<byte> Value => Is('"') ? _json[(_start + 1)..(_end - 1)] : _json[_start.._end];

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

namespace MLNet.Dispersion.Files;

/// <summary>Steps over JSON without keeping anything of it. As strict as <see cref="System.Text.Json.JsonDocument"/>: what it finds well-formed is so. For one thread.</summary>
/// <param name="json">Valid UTF-8.</param>
internal ref struct JsonSkimmer(ReadOnlySpan<byte> json)
{
    private const int DeepestNesting = 64;
    private readonly ReadOnlySpan<byte> _json = json;

    /// <summary>The place of the next byte.</summary>
    internal int At { get; private set; }

    /// <summary>Whether nothing but white space is left.</summary>
    internal bool AtEnd
    {
        get
        {
            PassBlanks();
            return At == _json.Length;
        }
    }

    /// <summary>Whether a sign stands next, behind white space; it is not taken.</summary>
    internal bool Is(char sign)
    {
        PassBlanks();
        return At < _json.Length && _json[At] == sign;
    }

    /// <summary>Takes a sign, behind white space, where it stands there.</summary>
    internal bool Take(char sign)
    {
        if (!Is(sign))
        {
            return false;
        }

        At++;
        return true;
    }

    /// <summary>Takes a name with its colon.</summary>
    /// <param name="name">What stands between the quotes, escapes as they are written.</param>
    internal bool TakeName(out ReadOnlySpan<byte> name)
    {
        PassBlanks();
        int start = At;
        bool taken = TakeText();
        name = taken ? _json[(start + 1)..(At - 1)] : default;
        return taken && Take(':');
    }

    /// <summary>Takes a value, behind white space.</summary>
    /// <param name="depth">In how many lists and objects it lies.</param>
    /// <returns>Whether one stands there, well-formed to its end.</returns>
    internal bool TakeValue(int depth)
    {
        PassBlanks();
        if (At == _json.Length)
        {
            return false;
        }

        switch (_json[At])
        {
            case (byte)'"':
                return TakeText();
            case (byte)'{':
                return TakeAll('}', isObject: true, depth + 1);
            case (byte)'[':
                return TakeAll(']', isObject: false, depth + 1);
            case (byte)'t':
                return TakeWord("true"u8);
            case (byte)'f':
                return TakeWord("false"u8);
            case (byte)'n':
                return TakeWord("null"u8);
            default:
                return TakeNumber();
        }
    }

    /// <summary>Goes behind white space.</summary>
    internal void PassBlanks()
    {
        ReadOnlySpan<byte> json = _json;
        int at = At;
        while ((uint)at < (uint)json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        At = at;
    }

    private bool TakeAll(char end, bool isObject, int depth)
    {
        if (depth > DeepestNesting)
        {
            return false;
        }

        At++;
        if (Take(end))
        {
            return true;
        }

        while ((!isObject || TakeName(out _)) && TakeValue(depth))
        {
            if (!Take(','))
            {
                return Take(end);
            }
        }

        return false;
    }

    private bool TakeText()
    {
        ReadOnlySpan<byte> json = _json;
        int at = At;
        if ((uint)at >= (uint)json.Length || json[at++] != '"')
        {
            return false;
        }

        while ((uint)at < (uint)json.Length)
        {
            byte unit = json[at++];
            if (unit == '"')
            {
                At = at;
                return true;
            }

            if (unit < ' ')
            {
                return false;
            }

            if (unit == '\\')
            {
                int length = EscapeLength(json[at..]);
                if (length == 0)
                {
                    return false;
                }

                at += length;
            }
        }

        return false;
    }

    /// <summary>How many bytes an escape has behind its backslash; 0: it is none.</summary>
    private static int EscapeLength(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
        {
            return 0;
        }

        if (rest[0] != 'u')
        {
            return rest[0] is (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t' ? 1 : 0;
        }

        for (int i = 1; i <= 4; i++)
        {
            if (i >= rest.Length || !char.IsAsciiHexDigit((char)rest[i]))
            {
                return 0;
            }
        }

        return 5;
    }

    private bool TakeWord(ReadOnlySpan<byte> word)
    {
        bool taken = _json[At..].StartsWith(word);
        At += taken ? word.Length : 0;
        return taken;
    }

    private bool TakeNumber()
    {
        ReadOnlySpan<byte> json = _json;
        int at = At;
        if (json[at] == '-')
        {
            at++;
        }

        int digits = Digits(json, at);
        if (digits == 0 || (digits > 1 && json[at] == '0'))
        {
            return false;
        }

        at += digits;
        if (at < json.Length && json[at] == '.')
        {
            digits = Digits(json, at + 1);
            at += 1 + digits;
        }

        if (digits > 0 && at < json.Length && json[at] is (byte)'e' or (byte)'E')
        {
            at += at + 1 < json.Length && json[at + 1] is (byte)'+' or (byte)'-' ? 2 : 1;
            digits = Digits(json, at);
            at += digits;
        }

        At = at;
        return digits > 0;
    }

    private static int Digits(ReadOnlySpan<byte> json, int start)
    {
        int at = start;
        while (at < json.Length && json[at] is >= (byte)'0' and <= (byte)'9')
        {
            at++;
        }

        return at - start;
    }
}

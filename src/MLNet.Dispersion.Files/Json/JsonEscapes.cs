using System.Text;

namespace MLNet.Dispersion.Files;

/// <summary>Decodes the texts of JSON that write some characters with a backslash.</summary>
internal static class JsonEscapes
{
    /// <summary>Writes the units of a text whose escapes are known to be well-formed; they are no more than its bytes.</summary>
    /// <returns>How many units there are; -1 where half a surrogate pair stands alone.</returns>
    internal static int Decode(ReadOnlySpan<byte> bytes, Span<char> units)
    {
        int length = 0;
        for (int at = 0; at < bytes.Length;)
        {
            if (bytes[at] != '\\')
            {
                int end = at;
                while (end < bytes.Length && bytes[end] != '\\')
                {
                    end++;
                }

                length += Encoding.UTF8.GetChars(bytes[at..end], units[length..]);
                at = end;
                continue;
            }

            char unit = Unit(bytes[at..]);
            at += bytes[at + 1] == 'u' ? 6 : 2;
            if (char.IsSurrogate(unit))
            {
                bool isPair = char.IsHighSurrogate(unit) && at + 1 < bytes.Length && bytes[at] == '\\' && bytes[at + 1] == 'u' && char.IsLowSurrogate(Unit(bytes[at..]));
                if (!isPair)
                {
                    return -1;
                }

                units[length++] = unit;
                unit = Unit(bytes[at..]);
                at += 6;
            }

            units[length++] = unit;
        }

        return length;
    }

    /// <summary>A text; null where half a surrogate pair stands alone in it.</summary>
    /// <param name="bytes">What stands between its quotes.</param>
    internal static string? Text(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length && bytes[at] != '\\')
        {
            at++;
        }

        if (at == bytes.Length)
        {
            return Encoding.UTF8.GetString(bytes);
        }

        char[] units = new char[bytes.Length];
        int length = Decode(bytes, units);
        return length < 0 ? null : new string(units, 0, length);
    }

    /// <summary>The unit that an escape stands for.</summary>
    private static char Unit(ReadOnlySpan<byte> escape) => (char)escape[1] switch
    {
        'u' => (char)((Hex(escape[2]) << 12) | (Hex(escape[3]) << 8) | (Hex(escape[4]) << 4) | Hex(escape[5])),
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\b',
        'f' => '\f',
        char itself => itself,
    };

    private static int Hex(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

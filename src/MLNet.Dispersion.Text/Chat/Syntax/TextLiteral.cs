using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>The escapes of quoted texts: Python's.</summary>
internal static class TextLiteral
{
    /// <summary>The text that is meant; an unknown escape keeps its backslash.</summary>
    internal static string Unescape(ReadOnlySpan<char> literal)
    {
        if (!literal.Contains('\\'))
        {
            return literal.ToString();
        }

        var text = new StringBuilder(literal.Length);
        for (int i = 0; i < literal.Length; i++)
        {
            if (literal[i] != '\\')
            {
                text.Append(literal[i]);
                continue;
            }

            i++;
            i = Escape(literal, i, text);
        }

        return text.ToString();
    }

    /// <summary>Writes the escape whose letter stands at <paramref name="at"/>; gives its last place.</summary>
    private static int Escape(ReadOnlySpan<char> literal, int at, StringBuilder text)
    {
        char letter = literal[at];
        switch (letter)
        {
            case '\n':
                return at;
            case '\\' or '\'' or '"':
                text.Append(letter);
                return at;
            case 'a' or 'b' or 'f' or 'n' or 'r' or 't' or 'v':
                text.Append("\a\b\f\n\r\t\v"["abfnrtv".IndexOf(letter, StringComparison.Ordinal)]);
                return at;
            case 'x':
                return Hex(literal, at, 2, text);
            case 'u':
                return Hex(literal, at, 4, text);
            case 'U':
                return Hex(literal, at, 8, text);
            case 'N':
                throw TemplateFault.Error("An escape by a character's name (\\N{...}) is not supported: write it as \\uXXXX");
            case >= '0' and <= '7':
                return Octal(literal, at, text);
            default:
                text.Append('\\').Append(letter);
                return at;
        }
    }

    private static int Octal(ReadOnlySpan<char> literal, int at, StringBuilder text)
    {
        int value = 0, end = at;
        while (end < literal.Length && end < at + 3 && literal[end] is >= '0' and <= '7')
        {
            value = (value * 8) + (literal[end++] - '0');
        }

        text.Append((char)value);
        return end - 1;
    }

    private static int Hex(ReadOnlySpan<char> literal, int at, int digits, StringBuilder text)
    {
        ReadOnlySpan<char> hex = literal.Slice(at + 1, Math.Min(digits, literal.Length - at - 1));
        if (hex.Length < digits || !uint.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) || value > 0x10ffff)
        {
            throw TemplateFault.Error($"The escape \\{literal[at]}{hex} is cut short or beyond Unicode: it takes {digits} hexadecimal digits");
        }

        if (value > 0xffff)
        {
            text.Append(char.ConvertFromUtf32((int)value));
        }
        else
        {
            text.Append((char)value);
        }

        return at + digits;
    }
}

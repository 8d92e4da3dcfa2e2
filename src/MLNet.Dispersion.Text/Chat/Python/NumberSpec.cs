using System.Globalization;
using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>How a number or a text is to be written: Python's format specification.</summary>
internal sealed class NumberSpec
{
    private const int MaxPrecision = 4096;

    internal string Fill { get; set; } = " ";

    /// <summary>&lt;, &gt;, ^ or =; none where it is not said.</summary>
    internal char? Align { get; set; }

    /// <summary>+, - or a blank.</summary>
    internal char Sign { get; set; } = '-';

    internal bool IsAlternate { get; set; }

    internal int Width { get; set; }

    /// <summary>, or _ between thousands; none where there is none.</summary>
    internal char? Grouping { get; set; }

    internal int? Precision { get; set; }

    internal char? Type { get; set; }

    /// <summary>Reads a specification.</summary>
    internal static NumberSpec Parse(string text)
    {
        var spec = new NumberSpec();
        int at = 0;
        bool hasFill = false;
        if (text.Length > 0)
        {
            PythonText.RuneAt(text, 0, out int first);
            if (text.Length > first && text[first] is '<' or '>' or '^' or '=')
            {
                (spec.Fill, spec.Align, at, hasFill) = (text[..first], text[first], first + 1, true);
            }
            else if (text[0] is '<' or '>' or '^' or '=')
            {
                (spec.Align, at) = (text[0], 1);
            }
        }

        char At() => at < text.Length ? text[at] : '\0';
        if (At() is '+' or '-' or ' ')
        {
            spec.Sign = text[at++];
        }

        if (At() == '#')
        {
            (spec.IsAlternate, at) = (true, at + 1);
        }

        if (At() == '0' && !hasFill)
        {
            spec.IsZeroFilled = spec.Align is null;
            (spec.Fill, spec.Align, at) = ("0", spec.Align ?? '=', at + 1);
        }

        spec.Width = Digits(text, ref at) ?? 0;
        if (At() is ',' or '_')
        {
            spec.Grouping = text[at++];
        }

        if (At() == '.')
        {
            at++;
            spec.Precision = Digits(text, ref at) ?? throw Wrong(text);
        }

        if (at < text.Length)
        {
            spec.Type = text[at++];
        }

        return at == text.Length ? spec : throw Wrong(text);
    }

    /// <summary>Whether zeros fill it up without an alignment of its own.</summary>
    private bool IsZeroFilled { get; set; }

    /// <summary>Writes a text.</summary>
    internal string Text(string text, CodePointIndex characters, JinjaMeter meter)
    {
        if (Type is not (null or 's') || (Align == '=' && !IsZeroFilled) || Grouping is not null || Sign != '-' || IsAlternate)
        {
            throw TemplateFault.Error("This format is for numbers, and the value is a text");
        }

        Align = IsZeroFilled ? '<' : Align ?? '<';
        string kept = Precision is { } most && most < characters.Length(text) ? text[..characters.Unit(text, most)] : text;
        return Pad(kept, characters, meter);
    }

    /// <summary>Writes a number: a <see cref="BigInteger"/> or a double.</summary>
    internal string Number(object number, CodePointIndex characters, JinjaMeter meter)
    {
        if (Precision > MaxPrecision)
        {
            throw TemplateFault.Limit("precision", MaxPrecision, "This format asks for too many digits");
        }

        Align ??= '>';
        if (number is BigInteger whole)
        {
            meter.Spell(whole);
        }

        string digits = number is double value && Type is not ('d' or 'b' or 'o' or 'x' or 'X' or 'c') ? Broken(value) : JinjaNumber.IsInteger(number, out BigInteger integer) ? Whole(integer)
            : throw TemplateFault.Error($"The format '{Type}' does not write a float");
        bool negative = digits.StartsWith('-');
        string sign = negative ? "-" : Sign == '-' ? "" : Sign.ToString();
        string prefix = IsAlternate && Type is ('x' or 'X' or 'o' or 'b') ? $"0{Type}" : "";
        string body = Grouped(negative ? digits[1..] : digits, sign.Length + prefix.Length, meter);
        if (Align != '=')
        {
            return Pad(sign + prefix + body, characters, meter);
        }

        int room = Width - sign.Length - prefix.Length - body.Length;
        if (room <= 0)
        {
            return sign + prefix + body;
        }

        meter.Length(Width);
        return sign + prefix + new System.Text.StringBuilder().Insert(0, Fill, room) + body;
    }

    /// <summary>Fills a text up to the width.</summary>
    internal string Pad(string text, CodePointIndex characters, JinjaMeter meter)
    {
        int room = Width - characters.Length(text);
        if (room <= 0)
        {
            return text;
        }

        meter.Length(text.Length + ((BigInteger)room * Fill.Length));
        int left = Align switch { '<' => 0, '^' => room / 2, _ => room };
        return new System.Text.StringBuilder().Insert(0, Fill, left).Append(text).Insert(text.Length + (left * Fill.Length), Fill, room - left).ToString();
    }

    private static int? Digits(string text, ref int at)
    {
        int begin = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return begin == at ? null : int.TryParse(text.AsSpan(begin, at - begin), CultureInfo.InvariantCulture, out int number) ? number : throw TemplateFault.Error("A number in a format is too large");
    }

    private static TemplateFault Wrong(string text) => TemplateFault.Error($"The format '{Printable.Name(text)}' is not known: it is [[fill]align][sign][#][0][width][,][.precision][type]");

    private string Whole(BigInteger value)
    {
        switch (Type)
        {
            case null or 'd' or 'n':
                string digits = value.ToString(CultureInfo.InvariantCulture);
                return Precision is { } least ? (value.Sign < 0 ? "-" : "") + digits.TrimStart('-').PadLeft(least, '0') : digits;
            case 'x' or 'X' or 'o' or 'b':
                string based = InBase(BigInteger.Abs(value), Type == 'o' ? 8 : Type == 'b' ? 2 : 16);
                based = based.PadLeft(Precision ?? 0, '0');
                return (value.Sign < 0 ? "-" : "") + (Type == 'X' ? based.ToUpperInvariant() : based);
            case 'c':
                return value >= 0 && value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff) ? char.ConvertFromUtf32((int)value) : throw TemplateFault.Error("This number is no character");
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%':
                return Broken(JinjaNumber.ToDouble(value));
            default:
                throw TemplateFault.Error($"There is no format '{Type}' for numbers");
        }
    }

    private static string InBase(BigInteger value, int radix)
    {
        if (value.IsZero)
        {
            return "0";
        }

        if (radix == 16)
        {
            return value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
        }

        string bits = value.ToString("b", CultureInfo.InvariantCulture).TrimStart('0');
        if (radix == 2)
        {
            return bits;
        }

        var octal = new System.Text.StringBuilder();
        for (int at = 0, end = ((bits.Length - 1) % 3) + 1; end <= bits.Length; at = end, end += 3)
        {
            octal.Append((char)('0' + Convert.ToInt32(bits[at..end], 2)));
        }

        return octal.ToString();
    }

    private string Broken(double value)
    {
        string text = Type switch
        {
            'f' or 'F' => FloatText.Fixed(value, Precision ?? 6),
            'e' or 'E' => FloatText.Exponential(value, Precision ?? 6, 'e'),
            'g' or 'G' or 'n' => FloatText.General(value, Math.Max(Precision ?? 6, 1), 'e', IsAlternate, pointZero: false),
            '%' => FloatText.Fixed(value * 100, Precision ?? 6) + "%",
            null => Precision is { } precision ? FloatText.General(value, Math.Max(precision, 1), 'e', keepZeros: false, pointZero: true) : FloatText.Shortest(value),
            _ => throw TemplateFault.Error($"There is no format '{Type}' for floats"),
        };
        if (IsAlternate && double.IsFinite(value) && !text.Contains('.', StringComparison.Ordinal))
        {
            // The alternate form always has a point.
            int end = text.AsSpan().IndexOfAny('e', '%');
            text = text.Insert(end < 0 ? text.Length : end, ".");
        }

        return Type is 'F' or 'E' or 'G' ? text.ToUpperInvariant() : text;
    }

    /// <summary>Puts signs between thousands, and zeros before them up to the width.</summary>
    private string Grouped(string digits, int before, JinjaMeter meter)
    {
        if (Grouping is not { } sign)
        {
            return digits;
        }

        int end = 0;
        while (end < digits.Length && char.IsAsciiHexDigit(digits[end]) && (digits[end] != 'e' || Type is 'x'))
        {
            end++;
        }

        int size = Type is 'x' or 'X' or 'o' or 'b' ? 4 : 3;
        int count = end;
        if (IsZeroFilled)
        {
            int room = meter.Length(Width) - before - (digits.Length - end);
            while (count + ((count - 1) / size) < room)
            {
                count++;
            }
        }

        string whole = digits[..end].PadLeft(count, '0');
        var result = new System.Text.StringBuilder();
        for (int at = 0; at < whole.Length; at++)
        {
            if (at > 0 && (whole.Length - at) % size == 0)
            {
                result.Append(sign);
            }

            result.Append(whole[at]);
        }

        return result.Append(digits, end, digits.Length - end).ToString();
    }
}

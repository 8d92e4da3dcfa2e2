using System.Globalization;
using System.Numerics;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Texts filled in by <c>%</c>, as Python does it.</summary>
internal sealed class PercentFormat
{
    private readonly string _format;
    private readonly object? _arguments;
    private readonly JinjaMachine _machine;
    private readonly StringBuilder _result = new();
    private int _at;
    private int _used;

    private PercentFormat(string format, object? arguments, JinjaMachine machine)
    {
        _format = format;
        _arguments = arguments;
        _machine = machine;
    }

    internal static string Format(string format, object? arguments, JinjaMachine machine)
    {
        machine.Meter.Read(format.Length);
        return new PercentFormat(format, arguments, machine).Run();
    }

    private string Run()
    {
        while (_at < _format.Length)
        {
            int sign = _format.IndexOf('%', _at);
            int end = sign < 0 ? _format.Length : sign;
            Append(_format[_at..end]);
            _at = end;
            if (sign >= 0)
            {
                _at++;
                FillIn();
            }
        }

        bool all = _arguments is JinjaTuple tuple ? _used >= tuple.Items.Length : _used > 0 || _arguments is JinjaDict or JinjaList or JinjaRange or JinjaUndefined;
        return all ? _result.ToString() : throw TemplateFault.Error("'%' gets more values than its text has places");
    }

    private void Append(string text)
    {
        _machine.Meter.Grow((long)_result.Length + text.Length, text.Length);
        _result.Append(text);
    }

    private void FillIn()
    {
        object? named = null;
        bool isNamed = Peek() == '(';
        if (isNamed)
        {
            named = Named();
        }

        var spec = new NumberSpec { Fill = " ", Align = '>' };
        bool left = false, zero = false;
        for (; Peek() is '-' or '+' or ' ' or '#' or '0'; _at++)
        {
            left |= Peek() == '-';
            zero |= Peek() == '0';
            spec.IsAlternate |= Peek() == '#';
            spec.Sign = Peek() == '+' ? '+' : Peek() == ' ' && spec.Sign != '+' ? ' ' : spec.Sign;
        }

        spec.Width = Size() ?? 0;
        if (spec.Width < 0)
        {
            (left, spec.Width) = (true, -spec.Width);
        }

        if (Peek() == '.')
        {
            _at++;
            spec.Precision = Math.Max(Size() ?? 0, 0);
        }

        while (Peek() is 'h' or 'l' or 'L')
        {
            _at++;
        }

        char type = Peek();
        _at++;
        if (type == '%')
        {
            Append("%");
            return;
        }

        spec.Align = left ? '<' : '>';
        Append(Converted(type, isNamed ? named : Next(), spec, zero && !left));
    }

    private string Converted(char type, object? value, NumberSpec spec, bool zero)
    {
        switch (type)
        {
            case 's' or 'r' or 'a':
                string text = type == 's' ? _machine.Text(value) : JinjaNotation.Quoted(value, _machine);
                spec.Fill = " ";
                return spec.Pad(Cut(type == 'a' ? JsonText.AsciiOnly(text) : text, spec.Precision), _machine.CodePoints, _machine.Meter);
            case 'c':
                return spec.Pad(Character(value), _machine.CodePoints, _machine.Meter);
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o':
                if (value is double number && type is 'd' or 'i' or 'u')
                {
                    value = JinjaNumber.Truncate((double)value!);
                }

                if (!JinjaNumber.IsInteger(value, out BigInteger integer))
                {
                    throw Wrong(type, value);
                }

                spec.Type = type is 'i' or 'u' ? 'd' : type;
                break;
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G':
                if (!JinjaNumber.IsNumber(value))
                {
                    throw Wrong(type, value);
                }

                value = JinjaNumber.ToDouble(value!);
                spec.Type = type;
                spec.Precision ??= 6;
                break;
            default:
                throw TemplateFault.Error(type == '\0' ? "A text ends in the midst of a '%' place" : $"There is no '%{type}': known are d, i, o, u, x, X, e, E, f, F, g, G, c, r, s, a and %%");
        }

        if (zero)
        {
            (spec.Align, spec.Fill) = ('=', "0");
        }

        return spec.Number(value!, _machine.CodePoints, _machine.Meter);
    }

    private string Cut(string text, int? most) => most is { } count && count < _machine.CodePoints.Length(text) ? text[.._machine.CodePoints.Unit(text, count)] : text;

    private string Character(object? value)
    {
        if (value is string text && _machine.CodePoints.Length(text) == 1)
        {
            return text;
        }

        return JinjaNumber.IsInteger(value, out BigInteger code) && code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
            ? char.ConvertFromUtf32((int)code)
            : throw Wrong('c', value);
    }

    private object? Named()
    {
        int begin = ++_at, open = 1;
        while (_at < _format.Length)
        {
            open += _format[_at] == '(' ? 1 : _format[_at] == ')' ? -1 : 0;
            _at++;
            if (open == 0)
            {
                string key = _format[begin..(_at - 1)];
                JinjaDict names = _arguments as JinjaDict ?? throw TemplateFault.Error("'%(name)' needs a mapping");
                return names.TryGet(key, out object? value) ? value : throw TemplateFault.Error($"The mapping has no '{Printable.Name(key)}', for which '%' looks");
            }
        }

        throw TemplateFault.Error("A '%(name)' place is not closed");
    }

    private int? Size()
    {
        if (Peek() == '*')
        {
            _at++;
            return JinjaNumber.IsInteger(Next(), out BigInteger size) ? (int)BigInteger.Clamp(size, -int.MaxValue, int.MaxValue) : throw TemplateFault.Error("'*' in a '%' place needs a whole number");
        }

        int begin = _at;
        while (char.IsAsciiDigit(Peek()))
        {
            _at++;
        }

        return _at == begin ? null : int.TryParse(_format.AsSpan(begin, _at - begin), CultureInfo.InvariantCulture, out int number) ? number : int.MaxValue;
    }

    private object? Next()
    {
        if (_arguments is JinjaTuple tuple)
        {
            return _used < tuple.Items.Length ? tuple.Items[_used++] : throw TooFew();
        }

        return _used++ == 0 ? _arguments : throw TooFew();
    }

    private char Peek() => _at < _format.Length ? _format[_at] : '\0';

    private static TemplateFault TooFew() => TemplateFault.Error("'%' gets fewer values than its text has places");

    private static TemplateFault Wrong(char type, object? value) => value is JinjaUndefined missing ? missing.Fault() : TemplateFault.Error($"'%{type}' does not write a value of the kind {JinjaType.Name(value)}");
}

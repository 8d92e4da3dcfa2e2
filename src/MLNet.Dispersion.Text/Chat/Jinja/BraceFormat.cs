using System.Globalization;
using System.Numerics;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Texts filled in by <c>.format(...)</c>, as Python does it in the reference's sandbox.</summary>
internal sealed class BraceFormat
{
    private const int MaxNesting = 2;
    private readonly JinjaArguments _arguments;
    private readonly JinjaMachine _machine;
    private int _next;
    private bool? _counts;

    private BraceFormat(JinjaArguments arguments, JinjaMachine machine)
    {
        _arguments = arguments;
        _machine = machine;
    }

    internal static string Format(string format, JinjaArguments arguments, JinjaMachine machine)
    {
        machine.Meter.Read(format.Length);
        return new BraceFormat(arguments, machine).Run(format, MaxNesting);
    }

    private string Run(string format, int levels)
    {
        if (levels == 0)
        {
            throw TemplateFault.Error("The places of a format nest too deep");
        }

        var result = new StringBuilder();
        for (int at = 0; at < format.Length;)
        {
            char c = format[at];
            bool isDouble = at + 1 < format.Length && format[at + 1] == c;
            string text;
            if (c is '{' or '}' && isDouble)
            {
                (text, at) = (c.ToString(), at + 2);
            }
            else if (c == '{')
            {
                int end = Close(format, at);
                text = Field(format[(at + 1)..end], levels);
                at = end + 1;
            }
            else if (c == '}')
            {
                throw TemplateFault.Error("A single '}' stands in a format: write '}}' for the sign itself");
            }
            else
            {
                int end = format.AsSpan(at).IndexOfAny('{', '}') is var next && next < 0 ? format.Length : at + next;
                (text, at) = (format[at..end], end);
            }

            _machine.Meter.Grow((long)result.Length + text.Length, text.Length);
            result.Append(text);
        }

        return result.ToString();
    }

    private static int Close(string format, int open)
    {
        int depth = 0;
        for (int i = open; i < format.Length; i++)
        {
            depth += format[i] == '{' ? 1 : format[i] == '}' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        throw TemplateFault.Error("A '{' in a format is not closed: write '{{' for the sign itself");
    }

    private string Field(string field, int levels)
    {
        int colon = OutsideBrackets(field, ':'), mark = OutsideBrackets(field, '!');
        bool converts = mark >= 0 && (colon < 0 || mark < colon);
        string name = field[..(converts ? mark : colon < 0 ? field.Length : colon)];
        string spec = colon < 0 ? "" : field[(colon + 1)..];
        object? value = Value(name);
        if (converts)
        {
            value = field[(mark + 1)..(colon < 0 ? field.Length : colon)] switch
            {
                "s" => _machine.Text(value),
                "r" => JinjaNotation.Quoted(value, _machine),
                "a" => JsonText.AsciiOnly(JinjaNotation.Quoted(value, _machine)),
                _ => throw TemplateFault.Error("A conversion in a format must be !s, !r or !a"),
            };
        }

        return Written(value, spec.Contains('{', StringComparison.Ordinal) ? Run(spec, levels - 1) : spec);
    }

    private static int OutsideBrackets(string field, char sign)
    {
        bool within = false;
        for (int i = 0; i < field.Length; i++)
        {
            within = field[i] == '[' || (within && field[i] != ']');
            if (!within && field[i] == sign)
            {
                return i;
            }
        }

        return -1;
    }

    private string Written(object? value, string spec)
    {
        if (spec.Length == 0)
        {
            return _machine.Text(value);
        }

        NumberSpec parsed = NumberSpec.Parse(spec);
        return value switch
        {
            string text => parsed.Text(text, _machine.CodePoints, _machine.Meter),
            BigInteger or bool when parsed.Precision is not null && parsed.Type is (null or 'd' or 'x' or 'X' or 'o' or 'b' or 'c' or 'n') => throw TemplateFault.Error("A whole number takes no precision in a format: for digits behind the point write '.2f'"),
            _ when JinjaNumber.IsNumber(value) => parsed.Number(value!, _machine.CodePoints, _machine.Meter),
            JinjaUndefined missing => throw missing.Fault(),
            _ => throw TemplateFault.Error($"A value of the kind {JinjaType.Name(value)} takes no format '{Printable.Name(spec)}'"),
        };
    }

    private object? Value(string name)
    {
        int end = name.AsSpan().IndexOfAny('.', '[');
        string first = end < 0 ? name : name[..end];
        object? value = First(first);
        for (int at = end < 0 ? name.Length : end; at < name.Length;)
        {
            if (name[at] == '.')
            {
                int stop = name.AsSpan(at + 1).IndexOfAny('.', '[') is var next && next < 0 ? name.Length : at + 1 + next;
                value = JinjaAccess.Attribute(value, name[(at + 1)..stop], _machine);
                at = stop;
            }
            else
            {
                int close = name[at] == '[' ? name.IndexOf(']', at) : -1;
                string key = close < 0 ? throw TemplateFault.Error($"The place '{Printable.Name(name)}' of a format cannot be read") : name[(at + 1)..close];
                value = JinjaAccess.Item(value, key.Length > 0 && key.All(char.IsAsciiDigit) ? BigInteger.Parse(key, CultureInfo.InvariantCulture) : key, _machine);
                at = close + 1;
            }

            value = value is TextChain chain ? chain.Whole(_machine.Meter) : value;
        }

        return value;
    }

    private object? First(string name)
    {
        bool counts = name.Length == 0;
        if (counts || name.All(char.IsAsciiDigit))
        {
            if (_counts is { } before && before != counts)
            {
                throw TemplateFault.Error("A format numbers its places itself or not at all");
            }

            _counts = counts;
            int place = counts ? _next++ : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : int.MaxValue;
            return place < _arguments.Positional.Length ? _arguments.Positional[place] : throw TemplateFault.Error($"The format has no value for its place {place}");
        }

        foreach ((string key, object? value) in _arguments.Named)
        {
            if (key == name)
            {
                return value;
            }
        }

        throw TemplateFault.Error($"The format has no value for its place '{Printable.Name(name)}'");
    }
}

using System.Globalization;
using System.Numerics;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>The filter <c>tojson</c> of chat templates: Python's JSON, not escaped for HTML.</summary>
internal sealed class JsonText
{
    private readonly JinjaMachine _machine;
    private readonly StringBuilder _result = new();
    private readonly bool _asciiOnly;
    private readonly bool _sortKeys;
    private readonly string? _indent;
    private readonly string _itemSeparator;
    private readonly string _keySeparator;
    private int _counted;

    private JsonText(JinjaMachine machine, bool asciiOnly, bool sortKeys, string? indent, string itemSeparator, string keySeparator)
    {
        _machine = machine;
        _asciiOnly = asciiOnly;
        _sortKeys = sortKeys;
        _indent = indent;
        _itemSeparator = itemSeparator;
        _keySeparator = keySeparator;
    }

    internal static object? Filter(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = bound.Given(1) switch
        {
            null => null,
            string text => text,
            _ => new string(' ', machine.Meter.Length(BigInteger.Max(bound.Integer(1), 0))),
        };
        (string item, string key) = (indent is null ? ", " : ",", ": ");
        if (bound.Given(2) is { } separators)
        {
            object?[] pair = [.. machine.Items(separators).Take(3)];
            (item, key) = pair.Length == 2 && pair[0] is string first && pair[1] is string second ? (first, second) : throw bound.Wrong(2, "two texts");
        }

        var writer = new JsonText(machine, bound.Truth(0, machine), bound.Truth(3, machine), indent, item, key);
        writer.Write(value, 0);
        return writer._result.ToString();
    }

    /// <summary>A text with the escapes of Python's ascii for what is beyond it.</summary>
    internal static string AsciiOnly(string text)
    {
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            bool isRune = Rune.TryGetRuneAt(text, i, out Rune rune);
            int value = isRune ? rune.Value : text[i];
            i += isRune ? rune.Utf16SequenceLength : 1;
            string escape = value < 0x80 ? "" : value < 0x100 ? $"\\x{value:x2}" : value < 0x10000 ? $"\\u{value:x4}" : $"\\U{value:x8}";
            result.Append(value < 0x80 ? ((char)value).ToString() : escape);
        }

        return result.ToString();
    }

    private void Write(object? value, int depth)
    {
        _machine.Meter.Step();
        switch (value)
        {
            case null or bool or BigInteger or double:
                if (value is BigInteger number)
                {
                    _machine.Meter.Spell(number);
                }

                _result.Append(Plain(value));
                break;
            case string text:
                WriteText(text);
                break;
            case JinjaList list:
                WriteItems(list.Items(), '[', ']', depth, item => Write(item, depth + 1));
                break;
            case JinjaTuple tuple:
                WriteItems(tuple.Items, '[', ']', depth, item => Write(item, depth + 1));
                break;
            case JinjaDict dict:
                WriteItems(Sorted(dict), '{', '}', depth, entry =>
                {
                    WriteText(entry.Key as string ?? (JinjaNumber.IsNumber(entry.Key) || entry.Key is null ? Plain(entry.Key) : throw TemplateFault.Error($"'tojson' writes no key of the kind {JinjaType.Name(entry.Key)}")));
                    _result.Append(_keySeparator);
                    Write(entry.Value, depth + 1);
                });
                break;
            default:
                throw value is JinjaUndefined missing
                    ? TemplateFault.Error($"'tojson' cannot write what is not there: {missing.Problem}")
                    : TemplateFault.Error($"'tojson' writes no value of the kind {JinjaType.Name(value)}: end it with '| list'");
        }

        Count();
    }

    private void Count()
    {
        _machine.Meter.Grow(_result.Length, _result.Length - _counted);
        _counted = _result.Length;
    }

    private IEnumerable<KeyValuePair<object?, object?>> Sorted(JinjaDict dict)
    {
        if (!_sortKeys)
        {
            return dict.Entries;
        }

        return SequenceFilters.Sorted([.. dict.Entries.Select(entry => (object?)entry)], entry => ((KeyValuePair<object?, object?>)entry!).Key, reverse: false, _machine).Cast<KeyValuePair<object?, object?>>();
    }

    private void WriteItems<T>(IEnumerable<T> items, char open, char close, int depth, Action<T> write)
    {
        _machine.Meter.Enter();
        _result.Append(open);
        bool any = false;
        foreach (T item in items)
        {
            _result.Append(any ? _itemSeparator : "");
            Break(depth + 1);
            write(item);
            any = true;
        }

        if (any)
        {
            Break(depth);
        }

        _result.Append(close);
        _machine.Meter.Leave();
    }

    private void Break(int depth)
    {
        if (_indent is null)
        {
            return;
        }

        _result.Append('\n');
        for (int i = 0; i < depth; i++)
        {
            _machine.Meter.Grow((long)_result.Length + _indent.Length, 0);
            _result.Append(_indent);
        }

        Count();
    }

    private static string Plain(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        double number => double.IsFinite(number) ? FloatText.Shortest(number) : double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity",
        _ => ((BigInteger)value).ToString(CultureInfo.InvariantCulture),
    };

    private void WriteText(string text)
    {
        _machine.Meter.Grow((long)_result.Length + text.Length, 0);
        _result.Append('"');
        foreach (char c in text)
        {
            switch (c)
            {
                case '"' or '\\':
                    _result.Append('\\').Append(c);
                    break;
                case '\n' or '\r' or '\t' or '\b' or '\f':
                    _result.Append('\\').Append(c switch { '\n' => 'n', '\r' => 'r', '\t' => 't', '\b' => 'b', _ => 'f' });
                    break;
                default:
                    if (c < ' ' || (_asciiOnly && c > '~' && c != '\x7f'))
                    {
                        _result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    }
                    else
                    {
                        _result.Append(c);
                    }

                    break;
            }
        }

        _result.Append('"');
    }
}

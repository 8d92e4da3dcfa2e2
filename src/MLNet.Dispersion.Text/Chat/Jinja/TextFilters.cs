using System.Net;
using System.Numerics;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Filters on texts. What is no text is taken as it prints.</summary>
internal static class TextFilters
{
    private const int CharactersPerStep = 8;
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~";
    private const string WordStarts = "-({[<";

    internal static IReadOnlyDictionary<string, Func<JinjaMachine, object?, JinjaArguments, object?>> All { get; } = new Dictionary<string, Func<JinjaMachine, object?, JinjaArguments, object?>>
    {
        ["capitalize"] = Plain("capitalize", PythonText.Capitalized),
        ["center"] = (machine, value, arguments) => TextMethods.Padded(machine.Text(value), arguments.Bind("center", 0, "width").Int(0, 80), " ", 'c', machine),
        ["e"] = Escape,
        ["escape"] = Escape,
        ["forceescape"] = (machine, value, arguments) => arguments.Bind("forceescape", 0) is null ? null : new JinjaMarkup(Escaped(machine.Text(value), machine)),
        ["format"] = Format,
        ["indent"] = Indent,
        ["lower"] = Plain("lower", PythonText.Lower),
        ["replace"] = Replace,
        ["safe"] = (machine, value, arguments) => arguments.Bind("safe", 0) is null ? null : new JinjaMarkup(machine.Text(value)),
        ["string"] = (machine, value, arguments) => arguments.Bind("string", 0) is null ? null : value as JinjaMarkup ?? (object)machine.Text(value),
        ["striptags"] = StripTags,
        ["title"] = Title,
        ["trim"] = Trim,
        ["truncate"] = Truncate,
        ["upper"] = Plain("upper", PythonText.Upper),
        ["urlencode"] = UrlEncode,
        ["wordcount"] = WordCount,
        ["wordwrap"] = Wrap,
    };

    private static Func<JinjaMachine, object?, JinjaArguments, object?> Plain(string name, Func<string, string> map) => (machine, value, arguments) =>
    {
        arguments.Bind(name, 0);
        string text = machine.Text(value);
        machine.Meter.Write(text.Length);
        machine.Meter.Step(text.Length / CharactersPerStep);
        return map(text);
    };

    private static object? Escape(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        arguments.Bind("escape", 0);
        return value as JinjaMarkup ?? new JinjaMarkup(Escaped(machine.Text(value), machine));
    }

    private static string Escaped(string text, JinjaMachine machine)
    {
        machine.Meter.Length((BigInteger)text.Length * 5);
        return text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);
    }

    private static object? Format(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        if (arguments.Named.Length == 0)
        {
            return PercentFormat.Format(machine.Text(value), new JinjaTuple(arguments.Positional), machine);
        }

        if (arguments.Positional.Length > 0)
        {
            throw TemplateFault.Error("'format' takes arguments with names or without, and not both");
        }

        JinjaDict names = machine.NewDict();
        foreach ((string name, object? argument) in arguments.Named)
        {
            names.Set(name, argument);
        }

        return PercentFormat.Format(machine.Text(value), names, machine);
    }

    private static object? Indent(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("indent", 0, "width", "first", "blank");
        string indent = bound.Value(0) as string ?? new string(' ', machine.Meter.Length(BigInteger.Max(bound.Integer(0, 4), 0)));
        bool first = bound.Truth(1, machine), blank = bound.Truth(2, machine);
        string text = value as string ?? throw NoText("indent", value);
        machine.Meter.Write(text.Length * 2L);
        List<string> lines = PythonText.Lines(text + "\n");
        string rest = SequenceFilters.Joined(lines.Select((line, i) => i > 0 && (blank || line.Length > 0) ? Prefixed(machine, indent, line) : line), "\n", machine);
        return first ? Prefixed(machine, indent, rest) : rest;
    }

    private static string Prefixed(JinjaMachine machine, string prefix, string text)
    {
        machine.Meter.Length((BigInteger)prefix.Length + text.Length);
        return prefix + text;
    }

    private static object? Replace(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("replace", 2, "old", "new", "count");
        return TextMethods.Replaced(machine.Text(value), machine.Text(bound.Value(0)), machine.Text(bound.Value(1)), bound.Given(2) is null ? -1 : bound.Int(2), machine);
    }

    private static object? StripTags(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        arguments.Bind("striptags", 0);
        string text = machine.Text(value);
        machine.Meter.Write(text.Length);
        string plain = Without(Without(text, "<!--", "-->"), "<", ">");
        string decoded = WebUtility.HtmlDecode(string.Join(' ', TextMethods.Words(plain, -1, machine)));
        return decoded;
    }

    private static string Without(string text, string open, string close)
    {
        var result = new StringBuilder(text.Length);
        int at = 0;
        while (true)
        {
            int begin = text.IndexOf(open, at, StringComparison.Ordinal);
            int end = begin < 0 ? -1 : text.IndexOf(close, begin, StringComparison.Ordinal);
            if (end < 0)
            {
                return result.Append(text, at, text.Length - at).ToString();
            }

            result.Append(text, at, begin - at);
            at = end + close.Length;
        }
    }

    private static object? Title(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        arguments.Bind("title", 0);
        string text = machine.Text(value);
        machine.Meter.Write(text.Length);
        var result = new StringBuilder(text.Length);
        int begin = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && !IsWordStart(text[i]))
            {
                continue;
            }

            AppendTitled(result, text[begin..i]);
            if (i < text.Length)
            {
                result.Append(text[i]);
            }

            begin = i + 1;
        }

        return result.ToString();
    }

    private static bool IsWordStart(char c) => PythonText.IsSpace(c) || WordStarts.Contains(c, StringComparison.Ordinal);

    private static void AppendTitled(StringBuilder result, string word)
    {
        if (word.Length > 0)
        {
            PythonText.RuneAt(word, 0, out int first);
            result.Append(PythonText.Upper(word[..first])).Append(PythonText.Lower(word[first..]));
        }
    }

    private static object? Trim(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        string? set = arguments.Bind("trim", 0, "chars").TextOrNone(0);
        string text = machine.Text(value);
        machine.Meter.Read(text.Length);
        return PythonText.Trim(text, set);
    }

    private static object? Truncate(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("truncate", 0, "length", "killwords", "end", "leeway");
        int length = bound.Int(0, 255);
        bool cutWords = bound.Truth(1, machine);
        string end = bound.Text(2, "...");
        int leeway = bound.Given(3) is null ? 5 : bound.Int(3);
        int room = length - machine.CodePoints.Length(end);
        if (room < 0 || leeway < 0)
        {
            throw TemplateFault.Error(room < 0 ? $"'truncate' needs a length of at least that of its end, and gets {length}" : "The leeway of 'truncate' must not be negative");
        }

        if ((machine.Count(value) ?? throw NoText("truncate", value)) <= (long)length + leeway)
        {
            return value;
        }

        string text = value as string ?? throw NoText("truncate", value);

        string kept = text[..machine.CodePoints.Unit(text, room)];
        int blank = kept.LastIndexOf(' ');
        return (cutWords || blank < 0 ? kept : kept[..blank]) + end;
    }

    private static object? UrlEncode(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        arguments.Bind("urlencode", 0);
        if (value is string || JinjaMachine.TryItems(value) is null)
        {
            return Quoted(machine.Text(value), forQuery: false, machine);
        }

        object? pairs = value is JinjaDict dict ? new JinjaView("items", dict) : value;
        return SequenceFilters.Joined(machine.Items(pairs).Select(pair => Pair(machine, pair)), "&", machine);
    }

    private static string Pair(JinjaMachine machine, object? pair)
    {
        object?[] parts = [.. machine.Items(pair).Take(3)];
        return parts.Length == 2
            ? $"{Quoted(machine.Text(parts[0]), forQuery: true, machine)}={Quoted(machine.Text(parts[1]), forQuery: true, machine)}"
            : throw TemplateFault.Error("'urlencode' needs a text, a mapping or pairs");
    }

    private static string Quoted(string text, bool forQuery, JinjaMachine machine)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        machine.Meter.Length((BigInteger)bytes.Length * 3);
        var result = new StringBuilder(bytes.Length);
        foreach (byte unit in bytes)
        {
            bool stays = Unreserved.Contains((char)unit, StringComparison.Ordinal) || (!forQuery && unit == '/');
            if (stays)
            {
                result.Append((char)unit);
            }
            else
            {
                result.Append(forQuery && unit == ' ' ? "+" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"%{unit:X2}"));
            }
        }

        return result.ToString();
    }

    private static TemplateFault NoText(string filter, object? value) => value is JinjaUndefined missing
        ? missing.Fault()
        : TemplateFault.Error($"'{filter}' needs a text, and gets {JinjaType.Name(value)}: turn it into text with '| string' first");

    private static object? WordCount(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        arguments.Bind("wordcount", 0);
        string text = machine.Text(value);
        machine.Meter.Read(text.Length);
        int words = 0;
        bool within = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool letter = WordWrap.IsWord(rune);
            words += letter && !within ? 1 : 0;
            within = letter;
        }

        return (BigInteger)words;
    }

    private static object? Wrap(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("wordwrap", 0, "width", "break_long_words", "wrapstring", "break_on_hyphens");
        int width = bound.Int(0, 79);
        if (width < 1)
        {
            throw TemplateFault.Error("The width of 'wordwrap' must be at least 1");
        }

        string between = bound.TextOrNone(2) ?? "\n";
        bool breakWords = bound.Truth(1, machine, true), breakHyphens = bound.Truth(3, machine, true);
        string text = value as string ?? throw NoText("wordwrap", value);
        machine.Meter.Write(text.Length);
        return SequenceFilters.Joined(
            PythonText.Lines(text).Select(line => SequenceFilters.Joined(WordWrap.Lines(line, width, breakWords, breakHyphens, machine.CodePoints), between, machine)), between, machine);
    }
}

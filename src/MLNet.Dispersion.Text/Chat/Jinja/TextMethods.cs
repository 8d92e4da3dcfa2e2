using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>The methods of texts: Python's.</summary>
internal static class TextMethods
{
    private const int CharactersPerStep = 8;
    private static readonly string[] Refused = ["encode", "maketrans", "translate"];

    private static readonly FrozenDictionary<string, Func<JinjaMachine, string, JinjaArguments, object?>> Known = new Dictionary<string, Func<JinjaMachine, string, JinjaArguments, object?>>
    {
        ["capitalize"] = Plain("capitalize", PythonText.Capitalized),
        ["casefold"] = Plain("casefold", PythonText.CaseFolded),
        ["center"] = (machine, text, arguments) => Pad("center", text, arguments, 'c', machine),
        ["count"] = Count,
        ["endswith"] = (machine, text, arguments) => Affix("endswith", text, arguments, machine, (part, affix) => part.EndsWith(affix, StringComparison.Ordinal)),
        ["expandtabs"] = ExpandTabs,
        ["find"] = (machine, text, arguments) => (BigInteger)Find("find", text, arguments, last: false, machine),
        ["format"] = (machine, text, arguments) => BraceFormat.Format(text, arguments, machine),
        ["format_map"] = FormatMap,
        ["index"] = (machine, text, arguments) => Index("index", text, arguments, last: false, machine),
        ["isalnum"] = All("isalnum", rune => Rune.IsLetter(rune) || IsNumeric(rune)),
        ["isalpha"] = All("isalpha", Rune.IsLetter),
        ["isascii"] = (_, text, arguments) => arguments.Bind("isascii", 0) is not null && Ascii.IsValid(text),
        ["isdecimal"] = All("isdecimal", rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber),
        ["isdigit"] = All("isdigit", rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber || IsOtherDigit(rune)),
        ["isidentifier"] = (_, text, arguments) => arguments.Bind("isidentifier", 0) is not null && IsIdentifier(text),
        ["islower"] = (_, text, arguments) => arguments.Bind("islower", 0) is not null && IsAllLower(text),
        ["isnumeric"] = All("isnumeric", IsNumeric),
        ["isprintable"] = (_, text, arguments) => arguments.Bind("isprintable", 0) is not null && text.EnumerateRunes().All(PythonText.IsPrintable),
        ["isspace"] = All("isspace", PythonText.IsSpace),
        ["istitle"] = (_, text, arguments) => arguments.Bind("istitle", 0) is not null && IsTitle(text),
        ["isupper"] = (_, text, arguments) => arguments.Bind("isupper", 0) is not null && IsAllUpper(text),
        ["join"] = Join,
        ["ljust"] = (machine, text, arguments) => Pad("ljust", text, arguments, 'l', machine),
        ["lower"] = Plain("lower", PythonText.Lower),
        ["lstrip"] = (machine, text, arguments) => Strip("lstrip", text, arguments, machine, end: false),
        ["partition"] = (machine, text, arguments) => Partition("partition", text, arguments, last: false, machine),
        ["removeprefix"] = (machine, text, arguments) => arguments.Bind("removeprefix", 1, "prefix").Text(0) is var prefix && text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text,
        ["removesuffix"] = (machine, text, arguments) => arguments.Bind("removesuffix", 1, "suffix").Text(0) is var suffix && text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text,
        ["replace"] = Replace,
        ["rfind"] = (machine, text, arguments) => (BigInteger)Find("rfind", text, arguments, last: true, machine),
        ["rindex"] = (machine, text, arguments) => Index("rindex", text, arguments, last: true, machine),
        ["rjust"] = (machine, text, arguments) => Pad("rjust", text, arguments, 'r', machine),
        ["rpartition"] = (machine, text, arguments) => Partition("rpartition", text, arguments, last: true, machine),
        ["rsplit"] = (machine, text, arguments) => Split("rsplit", text, arguments, last: true, machine),
        ["rstrip"] = (machine, text, arguments) => Strip("rstrip", text, arguments, machine, start: false),
        ["split"] = (machine, text, arguments) => Split("split", text, arguments, last: false, machine),
        ["splitlines"] = SplitLines,
        ["startswith"] = (machine, text, arguments) => Affix("startswith", text, arguments, machine, (part, affix) => part.StartsWith(affix, StringComparison.Ordinal)),
        ["strip"] = (machine, text, arguments) => Strip("strip", text, arguments, machine),
        ["swapcase"] = Plain("swapcase", PythonText.SwappedCase),
        ["title"] = Plain("title", PythonText.Titled),
        ["upper"] = Plain("upper", PythonText.Upper),
        ["zfill"] = ZeroFill,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The method of a text, or null.</summary>
    internal static JinjaFunction? Find(string text, string name)
    {
        if (Array.IndexOf(Refused, name) >= 0)
        {
            throw TemplateFault.Error($"The method '{name}' of texts is not supported: no chat template needs it. Leave it out");
        }

        return Known.TryGetValue(name, out var method)
            ? new JinjaFunction(name, $"<built-in method {name} of str object>", (machine, arguments) => method(machine, text, arguments))
            : null;
    }

    internal static bool IsAllLower(string text) => text.EnumerateRunes().Any(CaseTables.IsCased) && text.EnumerateRunes().All(rune => !CaseTables.IsCased(rune) || CaseTables.IsLower(rune));

    internal static bool IsAllUpper(string text) => text.EnumerateRunes().Any(CaseTables.IsCased) && text.EnumerateRunes().All(rune => !CaseTables.IsCased(rune) || CaseTables.IsUpper(rune));

    /// <summary>The text with as much of a character around it as the width needs.</summary>
    internal static string Padded(string text, int width, string fill, char side, JinjaMachine machine)
    {
        if (machine.CodePoints.Length(fill) != 1)
        {
            throw TemplateFault.Error("What fills up a text must be one character");
        }

        int room = width - machine.CodePoints.Length(text);
        if (room <= 0)
        {
            return text;
        }

        machine.Meter.Length(text.Length + ((BigInteger)room * fill.Length));
        int left = side switch { 'l' => 0, 'r' => room, _ => (room / 2) + (room & width & 1) };
        return new StringBuilder().Insert(0, fill, left).Append(text).Insert(text.Length + (left * fill.Length), fill, room - left).ToString();
    }

    internal static string Replaced(string text, string old, string with, int count, JinjaMachine machine)
    {
        if (count == 0)
        {
            return text;
        }

        IEnumerable<int> places = old.Length > 0 ? TextSearch.Places(text, old, machine.Meter) : Between(text);
        var result = new StringBuilder();
        int at = 0, left = count;
        foreach (int place in places)
        {
            if (left-- == 0)
            {
                break;
            }

            machine.Meter.Grow((long)result.Length + place - at + with.Length, place - at + with.Length);
            result.Append(text, at, place - at).Append(with);
            at = place + old.Length;
        }

        if (at == 0 && result.Length == 0)
        {
            return text;
        }

        machine.Meter.Grow((long)result.Length + text.Length - at, text.Length - at);
        return result.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>The words of a text, apart by white space; behind so many cuts the rest as it is.</summary>
    internal static List<string> Words(string text, int most, JinjaMachine machine)
    {
        machine.Meter.Write(text.Length);
        var words = new List<string>();
        int at = 0;
        while (true)
        {
            while (at < text.Length && PythonText.IsSpace(text[at]))
            {
                at++;
            }

            if (at == text.Length)
            {
                return words;
            }

            if (words.Count == most)
            {
                words.Add(text[at..]);
                return words;
            }

            int end = at;
            while (end < text.Length && !PythonText.IsSpace(text[end]))
            {
                end++;
            }

            words.Add(text[at..end]);
            at = end;
        }
    }

    private static List<string> LastWords(string text, int most, JinjaMachine machine)
    {
        machine.Meter.Write(text.Length);
        var words = new List<string>();
        int end = text.Length;
        while (true)
        {
            while (end > 0 && PythonText.IsSpace(text[end - 1]))
            {
                end--;
            }

            if (end == 0)
            {
                break;
            }

            if (words.Count == most)
            {
                words.Add(text[..end]);
                break;
            }

            int begin = end;
            while (begin > 0 && !PythonText.IsSpace(text[begin - 1]))
            {
                begin--;
            }

            words.Add(text[begin..end]);
            end = begin;
        }

        words.Reverse();
        return words;
    }

    private static IEnumerable<int> Between(string text)
    {
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == 0 || i == text.Length || !char.IsSurrogatePair(text[i - 1], text[i]))
            {
                yield return i;
            }
        }
    }

    private static Func<JinjaMachine, string, JinjaArguments, object?> Plain(string name, Func<string, string> map) => (machine, text, arguments) =>
    {
        arguments.Bind(name, 0);
        machine.Meter.Write(text.Length);
        machine.Meter.Step(text.Length / CharactersPerStep);
        return map(text);
    };

    private static Func<JinjaMachine, string, JinjaArguments, object?> All(string name, Func<Rune, bool> test) => (machine, text, arguments) =>
    {
        arguments.Bind(name, 0);
        machine.Meter.Step(text.Length);
        return text.Length > 0 && text.EnumerateRunes().All(test);
    };

    private static object? Strip(string name, string text, JinjaArguments arguments, JinjaMachine machine, bool start = true, bool end = true)
    {
        string? set = arguments.Bind(name, 0, "chars").TextOrNone(0);
        machine.Meter.Read(text.Length);
        return PythonText.Trim(text, set, start, end);
    }

    private static string Pad(string name, string text, JinjaArguments arguments, char side, JinjaMachine machine)
    {
        JinjaArguments.Bound bound = arguments.Bind(name, 1, "width", "fillchar");
        return Padded(text, bound.Int(0), bound.Text(1, " "), side, machine);
    }

    private static object? ZeroFill(JinjaMachine machine, string text, JinjaArguments arguments)
    {
        int width = arguments.Bind("zfill", 1, "width").Int(0);
        string sign = text.StartsWith('+') || text.StartsWith('-') ? text[..1] : "";
        return sign + Padded(text[sign.Length..], Math.Max(width, 0) - sign.Length, "0", 'r', machine);
    }

    /// <summary>The part of a text from one index to another, and where it begins in units.</summary>
    private static (int Begin, int End)? Window(string text, JinjaArguments.Bound bound, JinjaMachine machine)
    {
        int count = machine.CodePoints.Length(text);
        int Place(int argument, int otherwise)
        {
            BigInteger place = bound.Given(argument) is null ? otherwise : bound.Integer(argument);
            return (int)BigInteger.Clamp(place.Sign < 0 ? place + count : place, 0, (BigInteger)count + 1);
        }

        (int begin, int end) = (Place(1, 0), Math.Min(Place(2, count), count));
        return begin <= end ? (machine.CodePoints.Unit(text, begin), machine.CodePoints.Unit(text, end)) : null;
    }

    private static bool Affix(string name, string text, JinjaArguments arguments, JinjaMachine machine, Func<string, string, bool> test)
    {
        JinjaArguments.Bound bound = arguments.Bind(name, 1, "prefix", "start", "end");
        IEnumerable<object?> affixes = bound.Value(0) is JinjaTuple tuple ? tuple.Items : [bound.Text(0)];
        if (Window(text, bound, machine) is not var (begin, end))
        {
            return false;
        }

        string part = begin == 0 && end == text.Length ? text : text[begin..end];
        foreach (object? affix in affixes)
        {
            string wanted = affix as string ?? throw TemplateFault.Error($"'{name}' looks for a text or a tuple of texts");
            machine.Meter.Read(wanted.Length);
            if (test(part, wanted))
            {
                return true;
            }
        }

        return false;
    }

    private static int Find(string name, string text, JinjaArguments arguments, bool last, JinjaMachine machine)
    {
        JinjaArguments.Bound bound = arguments.Bind(name, 1, "sub", "start", "end");
        string part = bound.Text(0);
        if (Window(text, bound, machine) is not var (begin, end))
        {
            return -1;
        }

        int place = last ? TextSearch.LastIndexOf(text, part, end, machine.Meter) : TextSearch.IndexOf(text, part, begin, machine.Meter);
        return place < begin || place + part.Length > end ? -1 : machine.CodePoints.Character(text, place);
    }

    private static object? Index(string name, string text, JinjaArguments arguments, bool last, JinjaMachine machine) =>
        Find(name, text, arguments, last, machine) is var place && place >= 0 ? (BigInteger)place : throw TemplateFault.Error($"'{name}' does not find the text that it looks for. Use 'find', which gives -1 then");

    private static object? Count(JinjaMachine machine, string text, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("count", 1, "sub", "start", "end");
        string part = bound.Text(0);
        if (Window(text, bound, machine) is not var (begin, end))
        {
            return BigInteger.Zero;
        }

        string window = text[begin..end];
        return (BigInteger)(part.Length == 0 ? machine.CodePoints.Length(window) + 1 : TextSearch.Places(window, part, machine.Meter).Count());
    }

    private static object? Replace(JinjaMachine machine, string text, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("replace", 2, "old", "new", "count");
        return Replaced(text, bound.Text(0), bound.Text(1), bound.Int(2, -1), machine);
    }

    private static object? Join(JinjaMachine machine, string text, JinjaArguments arguments)
    {
        object? items = arguments.Bind("join", 1, "iterable").Value(0);
        return SequenceFilters.Joined(machine.Items(items).Select(item => item as string ?? throw TemplateFault.Error($"'join' needs texts, and gets {JinjaType.Name(item)}: use the filter '| join', or map('string')")), text, machine);
    }

    private static object? Partition(string name, string text, JinjaArguments arguments, bool last, JinjaMachine machine)
    {
        string part = arguments.Bind(name, 1, "sep").Text(0);
        RequirePart(part, name);
        int place = last ? TextSearch.LastIndexOf(text, part, text.Length, machine.Meter) : TextSearch.IndexOf(text, part, 0, machine.Meter);
        machine.Meter.Write(text.Length);
        return place >= 0
            ? new JinjaTuple([text[..place], part, text[(place + part.Length)..]])
            : new JinjaTuple(last ? ["", "", text] : [text, "", ""]);
    }

    private static object? Split(string name, string text, JinjaArguments arguments, bool last, JinjaMachine machine)
    {
        JinjaArguments.Bound bound = arguments.Bind(name, 0, "sep", "maxsplit");
        int most = bound.Int(1, -1);
        if (bound.TextOrNone(0) is not { } part)
        {
            return new JinjaList([.. last ? LastWords(text, most, machine) : Words(text, most, machine)]);
        }

        RequirePart(part, name);
        machine.Meter.Write(text.Length);
        return new JinjaList([.. last ? SplitLast(text, part, most, machine) : SplitFirst(text, part, most, machine)]);
    }

    private static List<string> SplitFirst(string text, string part, int most, JinjaMachine machine)
    {
        var parts = new List<string>();
        int at = 0;
        foreach (int place in TextSearch.Places(text, part, machine.Meter))
        {
            if (parts.Count == most)
            {
                break;
            }

            parts.Add(text[at..place]);
            at = place + part.Length;
        }

        parts.Add(text[at..]);
        return parts;
    }

    private static List<string> SplitLast(string text, string part, int most, JinjaMachine machine)
    {
        var parts = new List<string>();
        int end = text.Length;
        for (int place = most == 0 ? -1 : TextSearch.LastIndexOf(text, part, end, machine.Meter); place >= 0; place = parts.Count == most ? -1 : TextSearch.LastIndexOf(text, part, end, machine.Meter))
        {
            parts.Add(text[(place + part.Length)..end]);
            end = place;
        }

        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }

    private static object? SplitLines(JinjaMachine machine, string text, JinjaArguments arguments)
    {
        bool keepEnds = arguments.Bind("splitlines", 0, "keepends").Truth(0, machine);
        machine.Meter.Write(text.Length);
        return new JinjaList([.. PythonText.Lines(text, keepEnds)]);
    }

    private static object? ExpandTabs(JinjaMachine machine, string text, JinjaArguments arguments)
    {
        int size = arguments.Bind("expandtabs", 0, "tabsize").Int(0, 8);
        var result = new StringBuilder();
        int column = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int blanks = rune.Value == '\t' && size > 0 ? size - (column % size) : 0;
            machine.Meter.Grow((long)result.Length + Math.Max(blanks, 2), Math.Max(blanks, 2));
            column = rune.Value is '\n' or '\r' ? 0 : column + (rune.Value == '\t' ? blanks : 1);
            result.Append(rune.Value == '\t' ? new string(' ', blanks) : rune.ToString());
        }

        return result.ToString();
    }

    private static object? FormatMap(JinjaMachine machine, string text, JinjaArguments arguments)
    {
        object? names = arguments.Bind("format_map", 1, "mapping").Value(0);
        return names is JinjaDict dict
            ? BraceFormat.Format(text, new JinjaArguments([], [.. dict.Entries.Where(entry => entry.Key is string).Select(entry => new KeyValuePair<string, object?>((string)entry.Key!, entry.Value))]), machine)
            : throw TemplateFault.Error("'format_map' needs a mapping");
    }

    private static void RequirePart(string part, string name)
    {
        if (part.Length == 0)
        {
            throw TemplateFault.Error($"'{name}' cannot cut at an empty text");
        }
    }

    private static bool IsNumeric(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber || Rune.GetNumericValue(rune) >= 0;

    // Superscripts and circled digits are digits, fractions are not.
    private static bool IsOtherDigit(Rune rune) => rune.Value is 0xb2 or 0xb3 or 0xb9 or 0x2070 or (>= 0x2074 and <= 0x2079) or (>= 0x2080 and <= 0x2089) or (>= 0x2460 and <= 0x2468) or (>= 0x2474 and <= 0x247c)
        or (>= 0x2488 and <= 0x2490) or 0x24ea or (>= 0x24f5 and <= 0x24fd) or 0x24ff or (>= 0x2776 and <= 0x277e) or (>= 0x2780 and <= 0x2788) or (>= 0x278a and <= 0x2792) or (>= 0x1369 and <= 0x1371) or (>= 0x1f100 and <= 0x1f10a);

    private static bool IsIdentifier(string text) => text.Length > 0 && !char.IsDigit(text[0]) && text.EnumerateRunes().All(WordWrap.IsWord);

    private static bool IsTitle(string text)
    {
        bool any = false, within = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool starts = CaseTables.IsUpper(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter;
            if (starts ? within : CaseTables.IsLower(rune) && !within)
            {
                return false;
            }

            within = CaseTables.IsCased(rune);
            any |= within;
        }

        return any;
    }
}

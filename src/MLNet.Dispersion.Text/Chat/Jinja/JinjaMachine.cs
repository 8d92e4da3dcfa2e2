using System.Numerics;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Carries out one template once: what all its parts share. One thread.</summary>
internal sealed class JinjaMachine
{
    private StringBuilder _output = new();
    private bool _isMain = true;

    internal JinjaMachine(JinjaMeter meter, TimeProvider clock)
    {
        Meter = meter;
        Clock = clock;
        Equality = new JinjaEquality(meter);
        CodePoints = new CodePointIndex(meter);
    }

    internal JinjaMeter Meter { get; }

    internal JinjaEquality Equality { get; }

    internal CodePointIndex CodePoints { get; }

    /// <summary>What strftime_now sees.</summary>
    internal TimeProvider Clock { get; }

    /// <summary>Where in the source the part stands that is carried out.</summary>
    internal int Position { get; set; }

    /// <summary>Where generation blocks stand in the output, in UTF-16 units.</summary>
    internal List<(int Start, int End)> Spans { get; } = [];

    /// <summary>The output so far.</summary>
    internal string Output() => _output.ToString();

    internal JinjaDict NewDict() => new(Equality);

    internal void Print(string text)
    {
        Meter.Grow((long)_output.Length + text.Length, text.Length);
        _output.Append(text);
    }

    internal void Print(TextChain text)
    {
        Meter.Grow((long)_output.Length + text.Length, text.Length);
        text.AppendTo(_output);
    }

    /// <summary>What <paramref name="run"/> prints, instead of printing it.</summary>
    internal string Captured(Func<JinjaFlow> run, out JinjaFlow flow)
    {
        (StringBuilder outer, bool wasMain) = (_output, _isMain);
        (_output, _isMain) = (new StringBuilder(), false);
        flow = run();
        Meter.Write(_output.Length);
        string text = _output.ToString();
        (_output, _isMain) = (outer, wasMain);
        return text;
    }

    /// <summary>Notes where in the output <paramref name="run"/> prints; within a macro, set, call or filter block there is no place to note.</summary>
    internal JinjaFlow Spanned(Func<JinjaFlow> run)
    {
        int start = _output.Length;
        JinjaFlow flow = run();
        if (_isMain)
        {
            Spans.Add((start, _output.Length));
        }

        return flow;
    }

    internal bool IsTrue(object? value) => value switch
    {
        null or JinjaUndefined => false,
        bool truth => truth,
        BigInteger number => !number.IsZero,
        double number => number != 0,
        string text => text.Length > 0,
        JinjaMarkup markup => markup.Text.Length > 0,
        _ => Count(value) != 0,
    };

    /// <summary>How many items or characters a value has; null where it has no length.</summary>
    internal int? Count(object? value) => value switch
    {
        string text => CodePoints.Length(text),
        JinjaMarkup markup => CodePoints.Length(markup.Text),
        JinjaList list => list.Count,
        JinjaTuple tuple => tuple.Items.Length,
        JinjaDict dict => dict.Count,
        JinjaRange range => range.Count,
        JinjaView view => view.Dict.Count,
        JinjaUndefined => 0,
        _ => null,
    };

    /// <summary>The items of a value that has some, each counted as a step.</summary>
    internal IEnumerable<object?> Items(object? value)
    {
        IEnumerable<object?> items = TryItems(value) ?? throw TemplateFault.Error($"A value of the kind {JinjaType.Name(value)} has no items to go through");
        return Counted(items);
    }

    /// <summary>The items, or null where the value has none.</summary>
    internal static IEnumerable<object?>? TryItems(object? value) => value switch
    {
        string text => Characters(text),
        JinjaMarkup markup => Characters(markup.Text),
        JinjaList list => list.Items(),
        JinjaTuple tuple => tuple.Items,
        JinjaDict dict => dict.Entries.Select(entry => entry.Key),
        JinjaRange range => Enumerable.Range(0, range.Count).Select(range.At),
        JinjaView view => view.Items(),
        JinjaGenerator generator => generator.Items(),
        JinjaUndefined => [],
        _ => null,
    };

    internal JinjaList ToList(object? value)
    {
        if (value is JinjaList list)
        {
            return list;
        }

        return new JinjaList([.. Items(value)]);
    }

    internal static JinjaGenerator Generator(string name, object? source, IEnumerable<object?> items) => new(name, items, source is JinjaGenerator inner ? inner.Depth + 1 : 1);

    /// <summary>The text that a value prints.</summary>
    internal string Text(object? value) => value as string ?? JinjaNotation.Text(value, this);

    internal bool Contains(object? container, object? item)
    {
        switch (container)
        {
            case string text:
                return item is string part
                    ? TextSearch.IndexOf(text, part, 0, Meter) >= 0
                    : throw (item is JinjaUndefined missing ? missing.Fault() : TemplateFault.Error($"'in' looks for a text in a text, and gets {JinjaType.Name(item)}"));
            case JinjaDict dict:
                return Equality.RequireKey(item) && dict.Has(item);
            case JinjaView { Kind: "keys" } view:
                return Equality.RequireKey(item) && view.Dict.Has(item);
            default:
                return Items(container).Any(other => Equality.AreSameOrEqual(item, other));
        }
    }

    internal object? Call(object? callee, JinjaArguments arguments)
    {
        Meter.Enter();
        object? result = callee switch
        {
            JinjaFunction function => function.Call(this, arguments),
            JinjaMacro macro => macro.Call(this, arguments),
            JinjaLoop loop => loop.Recurse(arguments),
            JinjaUndefined missing => throw missing.Fault(),
            _ => throw TemplateFault.Error($"A value of the kind {JinjaType.Name(callee)} cannot be called"),
        };
        Meter.Leave();
        return result;
    }

    private static IEnumerable<object?> Characters(string text)
    {
        for (int i = 0; i < text.Length;)
        {
            int length = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 2 : 1;
            yield return text.Substring(i, length);
            i += length;
        }
    }

    private IEnumerable<object?> Counted(IEnumerable<object?> items)
    {
        foreach (object? item in items)
        {
            Meter.Step();
            yield return item;
        }
    }
}

using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>The methods and attributes of mappings, lists, tuples, ranges and numbers: Python's, without those that change what they belong to.</summary>
internal static class ContainerMethods
{
    private static readonly string[] ChangesDict = ["clear", "pop", "popitem", "setdefault", "update"];
    private static readonly string[] ChangesList = ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"];
    private static readonly string[] RefusedOfNumbers = ["as_integer_ratio", "bit_count", "denominator", "from_bytes", "fromhex", "hex", "numerator", "to_bytes"];

    internal static object? OfDict(JinjaDict dict, string name) => name switch
    {
        "get" => Method(name, "dict", (_, arguments) => arguments.Bind(name, 1, "key", "default") is var bound && dict.TryGet(bound.Value(0), out object? value) ? value : bound.Value(1)),
        "items" or "keys" or "values" => Method(name, "dict", (_, arguments) => arguments.Bind(name, 0) is null ? null : new JinjaView(name, dict)),
        "copy" => Method(name, "dict", (_, arguments) => arguments.Bind(name, 0) is null ? null : dict.Copy()),
        "fromkeys" => throw TemplateFault.Error("The method 'fromkeys' of mappings is not supported: write the mapping as {...}"),
        _ => Array.IndexOf(ChangesDict, name) >= 0 ? JinjaAccess.Unsafe(dict, name) : null,
    };

    internal static object? OfSequence(object sequence, IEnumerable<object?> items, string name, bool isList) => name switch
    {
        "index" => Method(name, isList ? "list" : "tuple", (machine, arguments) => Index(items, arguments, machine)),
        "count" => Method(name, isList ? "list" : "tuple", (machine, arguments) => Count(items, arguments, machine)),
        "copy" when isList => Method(name, "list", (_, arguments) => arguments.Bind(name, 0) is null ? null : sequence),
        _ => isList && Array.IndexOf(ChangesList, name) >= 0 ? JinjaAccess.Unsafe(sequence, name) : null,
    };

    internal static object? OfTuple(JinjaTuple tuple, string name) => (tuple, name) switch
    {
        (JinjaGroup, "grouper") => tuple.Items[0],
        (JinjaGroup, "list") => tuple.Items[1],
        _ => OfSequence(tuple, tuple.Items, name, isList: false),
    };

    internal static object? OfRange(JinjaRange range, string name) => name switch
    {
        "start" => range.Start,
        "stop" => range.Stop,
        "step" => range.Step,
        _ => OfSequence(range, Enumerable.Range(0, range.Count).Select(range.At), name, isList: false),
    };

    internal static object? OfNumber(object number, string name)
    {
        object value = number is bool truth ? (truth ? BigInteger.One : BigInteger.Zero) : number;
        if (Array.IndexOf(RefusedOfNumbers, name) >= 0)
        {
            throw TemplateFault.Error($"The attribute '{name}' of numbers is not supported: no chat template needs it. Leave it out");
        }

        return name switch
        {
            "real" => value,
            "imag" => value is double ? 0.0 : BigInteger.Zero,
            "conjugate" => Method(name, "number", (_, arguments) => arguments.Bind(name, 0) is null ? null : value),
            "is_integer" => Method(name, "number", (_, arguments) => arguments.Bind(name, 0) is not null && (value is not double broken || (double.IsFinite(broken) && Math.Floor(broken) == broken))),
            "bit_length" when value is BigInteger integer => Method(name, "int", (_, arguments) => arguments.Bind(name, 0) is null ? null : (BigInteger)BigInteger.Abs(integer).GetBitLength()),
            _ => null,
        };
    }

    /// <summary>Fills a mapping from another or from pairs.</summary>
    internal static void Fill(JinjaDict dict, object? source, JinjaMachine machine)
    {
        if (source is JinjaDict other)
        {
            dict.Add(other);
            return;
        }

        foreach (object? pair in machine.Items(source))
        {
            object?[] parts = [.. machine.Items(pair).Take(3)];
            if (parts.Length != 2)
            {
                throw TemplateFault.Error("A mapping is made of another, or of pairs of key and value");
            }

            dict.Set(parts[0], parts[1]);
        }
    }

    private static JinjaFunction Method(string name, string type, Func<JinjaMachine, JinjaArguments, object?> call) => new(name, $"<built-in method {name} of {type} object>", call);

    private static object? Index(IEnumerable<object?> items, JinjaArguments arguments, JinjaMachine machine)
    {
        JinjaArguments.Bound bound = arguments.Bind("index", 1, "value", "start", "stop");
        object? wanted = bound.Value(0);
        int at = 0;
        (BigInteger start, BigInteger? stop) = (bound.Integer(1), bound.Has(2) ? bound.Integer(2) : null);
        if (start.Sign < 0 || stop?.Sign < 0)
        {
            throw TemplateFault.Error("The bounds of 'index' must not be negative here");
        }

        foreach (object? item in items)
        {
            if (at >= start && !(at >= stop) && machine.Equality.AreSameOrEqual(wanted, item))
            {
                return (BigInteger)at;
            }

            at++;
        }

        throw TemplateFault.Error("'index' does not find the value that it looks for. Test with 'in' first");
    }

    private static object? Count(IEnumerable<object?> items, JinjaArguments arguments, JinjaMachine machine)
    {
        object? wanted = arguments.Bind("count", 1, "value").Value(0);
        return (BigInteger)items.Count(item => machine.Equality.AreSameOrEqual(wanted, item));
    }
}

using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>Filters on single values: defaults, numbers, mappings, JSON.</summary>
internal static class ValueFilters
{
    private const string Round = "round";

    internal static IReadOnlyDictionary<string, Func<JinjaMachine, object?, JinjaArguments, object?>> All { get; } = new Dictionary<string, Func<JinjaMachine, object?, JinjaArguments, object?>>
    {
        ["abs"] = Absolute,
        ["attr"] = Attribute,
        ["d"] = Default,
        ["default"] = Default,
        ["dictsort"] = DictSort,
        ["float"] = ToFloat,
        ["int"] = ToInteger,
        ["items"] = Items,
        [Round] = Rounded,
        ["tojson"] = JsonText.Filter,
    };

    private static object? Absolute(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        arguments.Bind("abs", 0);
        return value switch
        {
            JinjaUndefined missing => throw missing.Fault(),
            double number => Math.Abs(number),
            _ => JinjaNumber.IsInteger(value, out BigInteger integer) ? BigInteger.Abs(integer) : throw TemplateFault.Error($"'abs' needs a number, and gets {JinjaType.Name(value)}"),
        };
    }

    private static object? Attribute(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        string name = machine.Text(arguments.Bind("attr", 1, "name").Value(0));
        // Only an attribute: a mapping's key is none.
        return value is JinjaDict dict && dict.Has(name) && ContainerMethods.OfDict(dict, name) is null
            ? new JinjaUndefined($"A value of the kind dict has no attribute '{Printable.Name(name)}': for a key write [...]")
            : Whole(JinjaAccess.Attribute(value, name, machine), machine);
    }

    private static object? Default(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("default", 0, "default_value", "boolean");
        return value is JinjaUndefined || (bound.Truth(1, machine) && !machine.IsTrue(value)) ? bound.Value(0, "") : value;
    }

    private static object? DictSort(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("dictsort", 0, "case_sensitive", "by", "reverse");
        bool caseSensitive = bound.Truth(0, machine), reverse = bound.Truth(2, machine);
        string by = bound.Text(1, "key");
        if (by is not ("key" or "value"))
        {
            throw TemplateFault.Error("The argument 'by' of 'dictsort' must be 'key' or 'value'");
        }

        JinjaDict dict = value as JinjaDict ?? throw (value is JinjaUndefined missing ? missing.Fault() : TemplateFault.Error($"'dictsort' needs a mapping, and gets {JinjaType.Name(value)}"));
        var items = dict.Entries.Select(entry => (object?)new JinjaTuple([entry.Key, entry.Value])).ToList();
        return new JinjaList(SequenceFilters.Sorted(items, item => SequenceFilters.Folded(((JinjaTuple)item!).Items[by == "key" ? 0 : 1], caseSensitive), reverse, machine));
    }

    private static object? ToFloat(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("float", 0, "default");
        return value switch
        {
            JinjaUndefined missing => throw missing.Fault(),
            string text => JinjaNumber.ParseFloat(text) ?? bound.Value(0, 0.0),
            _ when JinjaNumber.IsNumber(value) => JinjaNumber.ToDouble(value!),
            _ => bound.Value(0, 0.0),
        };
    }

    private static object? ToInteger(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("int", 0, "default", "base");
        object? otherwise = bound.Value(0, BigInteger.Zero);
        int radix = bound.Int(1, 10);
        switch (value)
        {
            case JinjaUndefined missing:
                throw missing.Fault();
            case string text:
                if (radix is 0 or (>= 2 and <= 36) && JinjaNumber.ParseInteger(text, radix, machine.Meter) is { } integer)
                {
                    return integer;
                }

                return JinjaNumber.ParseFloat(text) is { } broken && double.IsFinite(broken) ? JinjaNumber.Truncate(broken) : otherwise;
            case double number:
                return double.IsFinite(number) ? JinjaNumber.Truncate(number) : otherwise;
            default:
                return JinjaNumber.IsInteger(value, out BigInteger whole) ? whole : otherwise;
        }
    }

    private static object? Items(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        arguments.Bind("items", 0);
        return value switch
        {
            JinjaUndefined => JinjaMachine.Generator("do_items", null, []),
            JinjaDict dict => JinjaMachine.Generator("do_items", null, new JinjaView("items", dict).Items()),
            _ => throw TemplateFault.Error($"'items' needs a mapping, and gets {JinjaType.Name(value)}"),
        };
    }

    private static object? Rounded(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind(Round, 0, "precision", "method");
        int precision = bound.Int(0);
        string method = bound.Text(1, "common");
        if (value is JinjaUndefined missing)
        {
            throw missing.Fault();
        }

        if (!JinjaNumber.IsNumber(value) || method is not ("common" or "ceil" or "floor"))
        {
            throw TemplateFault.Error(JinjaNumber.IsNumber(value) ? "The argument 'method' of 'round' must be 'common', 'ceil' or 'floor'" : $"'round' needs a number, and gets {JinjaType.Name(value)}");
        }

        if (method == "common")
        {
            return JinjaNumber.IsInteger(value, out BigInteger integer) ? RoundedInteger(integer, precision, machine.Meter) : FloatText.Round((double)value!, precision);
        }

        object scale = JinjaNumber.Power((BigInteger)10, (BigInteger)precision, machine.Meter);
        object scaled = JinjaOperators.Apply("*", value, scale, machine)!;
        BigInteger whole = scaled is double number ? JinjaNumber.Truncate(method == "ceil" ? Math.Ceiling(number) : Math.Floor(number)) : (BigInteger)scaled;
        return JinjaNumber.Divide(whole, scale);
    }

    private static object RoundedInteger(BigInteger value, int precision, JinjaMeter meter)
    {
        if (precision >= 0)
        {
            return value;
        }

        if (-(long)precision > meter.Limits.MaxIntegerBits)
        {
            return BigInteger.Zero;
        }

        BigInteger unit = BigInteger.Pow(10, -precision);
        BigInteger quotient = BigInteger.DivRem(BigInteger.Abs(value), unit, out BigInteger rest);
        int half = (rest * 2).CompareTo(unit);
        quotient += half > 0 || (half == 0 && !quotient.IsEven) ? 1 : 0;
        return quotient * unit * value.Sign;
    }

    private static object? Whole(object? value, JinjaMachine machine) => value is TextChain chain ? chain.Whole(machine.Meter) : value;
}

using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>Attributes, items and slices of values, as the reference's sandbox gives them.</summary>
internal static class JinjaAccess
{
    /// <summary><c>value.name</c>: the attribute or method, else the item. A namespace's text may be a chain.</summary>
    internal static object? Attribute(object? value, string name, JinjaMachine machine)
    {
        if (value is JinjaUndefined missing)
        {
            throw missing.Fault();
        }

        if (TryAttribute(value, name, machine, out object? found))
        {
            return found;
        }

        return value is JinjaDict dict && dict.TryGet(name, out object? item) ? item : NoAttribute(value, name);
    }

    /// <summary><c>value[key]</c>: the item, else the attribute or method. A namespace's text may be a chain.</summary>
    internal static object? Item(object? value, object? key, JinjaMachine machine)
    {
        if (value is JinjaUndefined missing)
        {
            throw missing.Fault();
        }

        if (value is JinjaDict dict)
        {
            if (key is not (JinjaList or JinjaDict) && dict.TryGet(key, out object? item))
            {
                return item;
            }
        }
        else if (JinjaNumber.IsInteger(key, out BigInteger index) && IsSequence(value))
        {
            int count = machine.Count(value)!.Value;
            BigInteger place = index.Sign < 0 ? index + count : index;
            return place.Sign >= 0 && place < count
                ? At(value, (int)place, machine)
                : new JinjaUndefined($"This {JinjaType.Name(value)} of {count} items has no item {index}");
        }

        if (key is string name)
        {
            return TryAttribute(value, name, machine, out object? found) ? found : NoAttribute(value, name);
        }

        return new JinjaUndefined($"A value of the kind {JinjaType.Name(value)} has no item {Printable.Name(JinjaNotation.Quoted(key, machine))}");
    }

    /// <summary><c>value[start:stop:step]</c>.</summary>
    internal static object? Slice(object? value, object? start, object? stop, object? step, JinjaMachine machine)
    {
        if (value is JinjaUndefined missing)
        {
            throw missing.Fault();
        }

        if (!IsSequence(value))
        {
            throw TemplateFault.Error($"A value of the kind {JinjaType.Name(value)} cannot be sliced");
        }

        int count = machine.Count(value)!.Value;
        BigInteger by = Bound(step) ?? BigInteger.One;
        if (by.IsZero)
        {
            throw TemplateFault.Error("The step of a slice must not be 0");
        }

        bool down = by.Sign < 0;
        int from = Clamp(Bound(start), count, down, down ? count - 1 : 0);
        int to = Clamp(Bound(stop), count, down, down ? -1 : count);
        int taken = JinjaSlice.Count(from, to, by);
        if (value is JinjaRange range)
        {
            return new JinjaRange(range.Start + (range.Step * from), range.Start + (range.Step * to), range.Step * by, taken);
        }

        return by.IsOne ? Run(value, from, Math.Max(to - from, 0), machine) : Steps(value, from, (int)BigInteger.Clamp(by, -count - 1, count + 1), taken, machine);
    }

    internal static bool IsSequence(object? value) => value is string or JinjaList or JinjaTuple or JinjaRange;

    private static object? At(object? value, int index, JinjaMachine machine) => value switch
    {
        string text => machine.CodePoints.At(text, index),
        JinjaList list => list[index],
        JinjaTuple tuple => tuple.Items[index],
        _ => ((JinjaRange)value!).At(index),
    };

    private static object Run(object? value, int from, int count, JinjaMachine machine)
    {
        switch (value)
        {
            case JinjaList list:
                return list.Slice(Math.Min(from, list.Count), count);
            case JinjaTuple tuple:
                machine.Meter.WriteItems(count);
                return new JinjaTuple(tuple.Items.AsSpan(Math.Min(from, tuple.Items.Length), count).ToArray());
            default:
                string text = (string)value!;
                int begin = machine.CodePoints.Unit(text, from), end = machine.CodePoints.Unit(text, from + count);
                machine.Meter.Write(end - begin);
                return text[begin..end];
        }
    }

    private static object Steps(object? value, int from, int step, int count, JinjaMachine machine)
    {
        machine.Meter.WriteItems(count);
        IEnumerable<object?> items = Enumerable.Range(0, count).Select(i => At(value, from + (i * step), machine));
        return value switch
        {
            string => string.Concat(items.Cast<string>()),
            JinjaList => new JinjaList([.. items]),
            _ => new JinjaTuple([.. items]),
        };
    }

    private static BigInteger? Bound(object? value) => value switch
    {
        null => null,
        _ when JinjaNumber.IsInteger(value, out BigInteger integer) => integer,
        _ => throw TemplateFault.Error($"The bounds of a slice must be whole numbers or none, and one is {JinjaType.Name(value)}"),
    };

    private static int Clamp(BigInteger? bound, int count, bool down, int otherwise)
    {
        if (bound is not { } value)
        {
            return otherwise;
        }

        BigInteger place = value.Sign < 0 ? value + count : value;
        return (int)BigInteger.Clamp(place, down ? -1 : 0, down ? count - 1 : count);
    }

    private static bool TryAttribute(object? value, string name, JinjaMachine machine, out object? found)
    {
        if (value is JinjaNamespace names && names.Attributes.TryGet(name, out found))
        {
            return true;
        }

        if (value is JinjaLoop loop && JinjaLoop.Knows(name))
        {
            found = loop.Attribute(name);
            return true;
        }

        if (IsInner(name) && value is not JinjaNamespace)
        {
            found = Unsafe(value, name);
            return true;
        }

        found = value switch
        {
            string text => TextMethods.Find(text, name),
            JinjaDict dict => ContainerMethods.OfDict(dict, name),
            JinjaList list => ContainerMethods.OfSequence(list, list.Items(), name, isList: true),
            JinjaTuple tuple => ContainerMethods.OfTuple(tuple, name),
            JinjaRange range => ContainerMethods.OfRange(range, name),
            JinjaMacro macro => macro.Attribute(name),
            bool or BigInteger or double => ContainerMethods.OfNumber(value, name),
            JinjaMarkup => throw TemplateFault.Error("Text that is marked as safe or escaped for HTML can only be printed: anything else is not supported"),
            _ => null,
        };
        return found is not null;
    }

    /// <summary>Whether Python keeps such names for itself.</summary>
    private static bool IsInner(string name) => name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal);

    /// <summary>What stands for an attribute that the sandbox forbids.</summary>
    internal static JinjaUndefined Unsafe(object? value, string name) => new($"A template may not use '{Printable.Name(name)}' of a value of the kind {JinjaType.Name(value)}: it is not safe");

    private static JinjaUndefined NoAttribute(object? value, string name) => new($"A value of the kind {JinjaType.Name(value)} has no attribute '{Printable.Name(name)}'");
}

/// <summary>Counts the places of a slice.</summary>
internal static class JinjaSlice
{
    internal static int Count(int from, int to, BigInteger step)
    {
        BigInteger span = step.Sign > 0 ? to - from : from - to;
        return span.Sign <= 0 ? 0 : (int)((span + BigInteger.Abs(step) - 1) / BigInteger.Abs(step));
    }
}

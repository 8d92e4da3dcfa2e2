using System.Globalization;
using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>Filters on what has items.</summary>
internal static class SequenceFilters
{
    internal static IReadOnlyDictionary<string, Func<JinjaMachine, object?, JinjaArguments, object?>> All { get; } = new Dictionary<string, Func<JinjaMachine, object?, JinjaArguments, object?>>
    {
        ["batch"] = Batch,
        ["count"] = Length,
        ["first"] = First,
        ["groupby"] = GroupBy,
        ["join"] = Join,
        ["last"] = Last,
        ["length"] = Length,
        ["list"] = (machine, value, arguments) => arguments.Bind("list", 0) is null ? null : new JinjaList([.. machine.Items(value)]),
        ["map"] = Map,
        ["max"] = (machine, value, arguments) => Extreme("max", machine, value, arguments),
        ["min"] = (machine, value, arguments) => Extreme("min", machine, value, arguments),
        ["reject"] = (machine, value, arguments) => Select("reject", keep: false, byAttribute: false, machine, value, arguments),
        ["rejectattr"] = (machine, value, arguments) => Select("rejectattr", keep: false, byAttribute: true, machine, value, arguments),
        ["reverse"] = Reverse,
        ["select"] = (machine, value, arguments) => Select("select", keep: true, byAttribute: false, machine, value, arguments),
        ["selectattr"] = (machine, value, arguments) => Select("selectattr", keep: true, byAttribute: true, machine, value, arguments),
        ["slice"] = Slice,
        ["sort"] = Sort,
        ["sum"] = Sum,
        ["unique"] = Unique,
    };

    /// <summary>A sort key without case, unless case counts.</summary>
    internal static object? Folded(object? value, bool caseSensitive) => !caseSensitive && value is string text ? PythonText.Lower(text) : value;

    /// <summary>The items in the order of their keys; equal ones stay in theirs.</summary>
    internal static List<object?> Sorted(List<object?> items, Func<object?, object?> key, bool reverse, JinjaMachine machine)
    {
        (object? Key, object? Item)[] entries = [.. items.Select(item => (key(item), item))];
        var spare = new (object? Key, object? Item)[entries.Length];
        Merge(entries, spare, 0, entries.Length, (a, b) => (reverse ? machine.Equality.Compare(a.Key, b.Key, "<") : machine.Equality.Compare(b.Key, a.Key, "<")) < 0);
        return [.. entries.Select(entry => entry.Item)];
    }

    private static void Merge<T>(T[] entries, T[] spare, int begin, int end, Func<T, T, bool> comesLater)
    {
        if (end - begin < 2)
        {
            return;
        }

        int middle = begin + ((end - begin) / 2);
        Merge(entries, spare, begin, middle, comesLater);
        Merge(entries, spare, middle, end, comesLater);
        Array.Copy(entries, begin, spare, begin, end - begin);
        for (int to = begin, left = begin, right = middle; to < end; to++)
        {
            bool takeRight = left == middle || (right < end && comesLater(spare[left], spare[right]));
            entries[to] = takeRight ? spare[right++] : spare[left++];
        }
    }

    private static object? Length(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        arguments.Bind("length", 0);
        return machine.Count(value) is { } count ? (BigInteger)count : throw TemplateFault.Error($"A value of the kind {JinjaType.Name(value)} has no length");
    }

    private static object? First(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        arguments.Bind("first", 0);
        foreach (object? item in machine.Items(value))
        {
            return item;
        }

        return new JinjaUndefined("There is no first item: the sequence is empty");
    }

    private static object? Last(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        arguments.Bind("last", 0);
        if (value is JinjaDict or JinjaView)
        {
            object?[] items = [.. machine.Items(value)];
            return items.Length > 0 ? items[^1] : Empty();
        }

        if (!JinjaAccess.IsSequence(value))
        {
            return value is JinjaUndefined ? Empty() : throw TemplateFault.Error($"A value of the kind {JinjaType.Name(value)} has no last item");
        }

        return machine.Count(value) > 0 ? JinjaAccess.Item(value, BigInteger.MinusOne, machine) : Empty();

        static JinjaUndefined Empty() => new("There is no last item: the sequence is empty");
    }

    private static object? Join(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("join", 0, "d", "attribute");
        string between = machine.Text(bound.Value(0, ""));
        Func<object?, object?> part = bound.Given(1) is { } attribute ? Getter(attribute, machine) : item => item;
        return Joined(machine.Items(value).Select(item => machine.Text(part(item))), between, machine);
    }

    internal static string Joined(IEnumerable<string> parts, string between, JinjaMachine machine)
    {
        var result = new System.Text.StringBuilder();
        bool any = false;
        foreach (string part in parts)
        {
            int before = result.Length;
            machine.Meter.Grow((long)before + between.Length + part.Length, between.Length + part.Length);
            result.Append(any ? between : "").Append(part);
            any = true;
        }

        return result.ToString();
    }

    private static object? Map(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        Func<object?, object?> each;
        if (arguments.Positional.Length == 0 && arguments.Named.Any(argument => argument.Key == "attribute"))
        {
            JinjaArguments.Bound bound = arguments.Bind("map", 0, "attribute", "default");
            Func<object?, object?> get = Getter(bound.Value(0), machine);
            object? otherwise = bound.Given(1);
            each = bound.Has(1) && otherwise is not null ? item => get(item) is var found && found is JinjaUndefined ? otherwise : found : get;
        }
        else
        {
            if (arguments.Positional.Length == 0)
            {
                throw TemplateFault.Error("'map' needs a filter's name, or attribute='...'");
            }

            string name = arguments.Positional[0] as string ?? throw TemplateFault.Error("The filter of 'map' must be a name");
            JinjaArguments rest = arguments.Rest();
            each = item => JinjaFilters.Find(name)(machine, item, rest);
        }

        return JinjaMachine.Generator("do_map", value, LazilyIfTrue(machine, value, items => items.Select(each)));
    }

    private static object? Select(string filter, bool keep, bool byAttribute, JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments rest = arguments;
        Func<object?, object?> part = item => item;
        if (byAttribute)
        {
            if (arguments.Positional.Length == 0)
            {
                throw TemplateFault.Error($"'{filter}' needs an attribute's name");
            }

            part = Getter(arguments.Positional[0], machine);
            rest = arguments.Rest();
        }

        Func<object?, bool> test = machine.IsTrue;
        if (rest.Positional.Length > 0)
        {
            string name = rest.Positional[0] as string ?? throw TemplateFault.Error($"The test of '{filter}' must be a name");
            JinjaArguments ofTest = rest.Rest();
            test = item => (bool)JinjaTests.Find(name)(machine, item, ofTest)!;
        }

        return JinjaMachine.Generator("select_or_reject", value, LazilyIfTrue(machine, value, items => items.Where(item => test(part(item)) == keep)));
    }

    private static object? Reverse(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        arguments.Bind("reverse", 0);
        if (value is string)
        {
            return JinjaAccess.Slice(value, null, null, BigInteger.MinusOne, machine);
        }

        List<object?> items = [.. machine.Items(value)];
        items.Reverse();
        return value is JinjaGenerator ? new JinjaList(items) : JinjaMachine.Generator("reversed", value, items);
    }

    private static object? Batch(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("batch", 1, "linecount", "fill_with");
        BigInteger size = bound.Integer(0);
        object? fill = bound.Given(1);
        return JinjaMachine.Generator("do_batch", value, Lazily(machine, value, items => Batches(items, size, fill, machine.Meter)));
    }

    private static IEnumerable<object?> Batches(IEnumerable<object?> items, BigInteger size, object? fill, JinjaMeter meter)
    {
        var batch = new List<object?>();
        foreach (object? item in items)
        {
            if (batch.Count == size)
            {
                yield return new JinjaList(batch);
                batch = [];
            }

            batch.Add(item);
        }

        if (batch.Count == 0)
        {
            yield break;
        }

        if (fill is not null && batch.Count < size)
        {
            meter.WriteItems((long)BigInteger.Min(size - batch.Count, long.MaxValue / 2));
            batch.AddRange(Enumerable.Repeat(fill, (int)size - batch.Count));
        }

        yield return new JinjaList(batch);
    }

    private static object? Slice(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("slice", 1, "slices", "fill_with");
        BigInteger slices = bound.Integer(0);
        object? fill = bound.Given(1);
        if (slices.IsZero)
        {
            throw TemplateFault.Error("The argument 'slices' of 'slice' must not be 0");
        }

        return JinjaMachine.Generator("do_slice", value, Lazily(machine, value, items => Slices([.. items], slices, fill, machine.Meter)));
    }

    private static IEnumerable<object?> Slices(List<object?> items, BigInteger slices, object? fill, JinjaMeter meter)
    {
        int size = (int)(items.Count / slices), longer = (int)(items.Count % slices), at = 0;
        for (BigInteger number = 0; number < slices; number++)
        {
            meter.Step();
            int count = size + (number < longer ? 1 : 0);
            List<object?> slice = items.GetRange(at, count);
            at += count;
            if (fill is not null && number >= longer)
            {
                slice.Add(fill);
            }

            yield return new JinjaList(slice);
        }
    }

    private static object? Sort(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("sort", 0, "reverse", "case_sensitive", "attribute");
        bool caseSensitive = bound.Truth(1, machine);
        Func<object?, object?> key = bound.Given(2) is { } attribute ? SeveralGetter(attribute, caseSensitive, machine) : item => Folded(item, caseSensitive);
        return new JinjaList(Sorted([.. machine.Items(value)], key, bound.Truth(0, machine), machine));
    }

    private static object? GroupBy(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("groupby", 1, "attribute", "default", "case_sensitive");
        bool caseSensitive = bound.Truth(2, machine);
        Func<object?, object?> get = Getter(bound.Value(0), machine);
        object? otherwise = bound.Given(1);
        Func<object?, object?> found = otherwise is null ? get : item => get(item) is var part && part is JinjaUndefined ? otherwise : part;
        var groups = new List<object?>();
        var group = new List<object?>();
        foreach (object? item in Sorted([.. machine.Items(value)], item => Folded(found(item), caseSensitive), reverse: false, machine))
        {
            if (group.Count > 0 && !machine.Equality.AreEqual(Folded(found(group[^1]), caseSensitive), Folded(found(item), caseSensitive)))
            {
                groups.Add(new JinjaGroup(found(group[0]), new JinjaList(group)));
                group = [];
            }

            group.Add(item);
        }

        if (group.Count > 0)
        {
            groups.Add(new JinjaGroup(found(group[0]), new JinjaList(group)));
        }

        return new JinjaList(groups);
    }

    private static object? Unique(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("unique", 0, "case_sensitive", "attribute");
        bool caseSensitive = bound.Truth(0, machine);
        Func<object?, object?> get = bound.Given(1) is { } attribute ? Getter(attribute, machine) : item => item;
        return JinjaMachine.Generator("do_unique", value, Lazily(machine, value, items =>
        {
            JinjaDict seen = machine.NewDict();
            return items.Where(item =>
            {
                object? key = Folded(get(item), caseSensitive);
                bool isNew = !seen.Has(key);
                seen.Set(key, null);
                return isNew;
            });
        }));
    }

    private static object? Extreme(string filter, JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind(filter, 0, "case_sensitive", "attribute");
        bool caseSensitive = bound.Truth(0, machine);
        Func<object?, object?> get = bound.Given(1) is { } attribute ? Getter(attribute, machine) : item => item;
        bool any = false;
        object? best = null, bestKey = null;
        foreach (object? item in machine.Items(value))
        {
            object? key = Folded(get(item), caseSensitive);
            if (!any || (filter == "min" ? machine.Equality.Compare(key, bestKey, "<") < 0 : machine.Equality.Compare(key, bestKey, ">") > 0))
            {
                (best, bestKey, any) = (item, key, true);
            }
        }

        return any ? best : new JinjaUndefined($"There is no {filter}: the sequence is empty");
    }

    private static object? Sum(JinjaMachine machine, object? value, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("sum", 0, "attribute", "start");
        Func<object?, object?> get = bound.Given(0) is { } attribute ? Getter(attribute, machine) : item => item;
        object? sum = bound.Value(1, BigInteger.Zero);
        if (sum is string)
        {
            throw TemplateFault.Error("'sum' does not join texts: use '| join'");
        }

        foreach (object? item in machine.Items(value))
        {
            sum = JinjaOperators.Apply("+", sum, get(item), machine);
        }

        return sum;
    }

    /// <summary>Gets an attribute of an item: dots walk, digits are indices, a key goes before an attribute.</summary>
    private static Func<object?, object?> Getter(object? attribute, JinjaMachine machine)
    {
        object?[] path = attribute switch
        {
            string text => [.. text.Split('.').Select(part => part.Length > 0 && part.All(char.IsAsciiDigit) ? (object)BigInteger.Parse(part, CultureInfo.InvariantCulture) : part)],
            _ => [attribute],
        };
        return item =>
        {
            object? value = item;
            foreach (object? part in path)
            {
                value = JinjaAccess.Item(value, part, machine);
            }

            return value is TextChain chain ? chain.Whole(machine.Meter) : value;
        };
    }

    /// <summary>Sort keys of one or several attributes, with commas between: lists, which compare item by item.</summary>
    private static Func<object?, object?> SeveralGetter(object attribute, bool caseSensitive, JinjaMachine machine)
    {
        Func<object?, object?>[] parts = attribute is string names ? [.. names.Split(',').Select(name => Getter(name, machine))] : [Getter(attribute, machine)];
        return item => new JinjaList([.. parts.Select(part => Folded(part(item), caseSensitive))]);
    }

    /// <summary>Goes through the items only when it is asked, so that a value without items fails then.</summary>
    private static IEnumerable<object?> Lazily(JinjaMachine machine, object? value, Func<IEnumerable<object?>, IEnumerable<object?>> make)
    {
        foreach (object? item in make(machine.Items(value)))
        {
            yield return item;
        }
    }

    /// <summary>The same for filters to which none and the like are empty.</summary>
    private static IEnumerable<object?> LazilyIfTrue(JinjaMachine machine, object? value, Func<IEnumerable<object?>, IEnumerable<object?>> make) => machine.IsTrue(value) ? Lazily(machine, value, make) : [];
}

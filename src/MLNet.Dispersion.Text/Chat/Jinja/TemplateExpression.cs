namespace MLNet.Dispersion.Text;

/// <summary>A part of a template that has a value.</summary>
/// <param name="position">Where it stands in the source.</param>
internal abstract class TemplateExpression(int position)
{
    internal int Position { get; } = position;

    /// <summary>Its value.</summary>
    internal object? Value(JinjaMachine machine, JinjaScope scope) => Growing(machine, scope) is var value && value is TextChain chain ? chain.Whole(machine.Meter) : value;

    /// <summary>Its value, which may be a <see cref="TextChain"/>: for those that add to it, keep it or print it.</summary>
    internal object? Growing(JinjaMachine machine, JinjaScope scope)
    {
        machine.Meter.Step();
        machine.Meter.RequireStack();
        return Evaluate(machine, scope);
    }

    protected abstract object? Evaluate(JinjaMachine machine, JinjaScope scope);
}

/// <summary>A number, a text, true, false or none.</summary>
internal sealed class ConstantExpression(int position, object? constant) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope) => constant;
}

/// <summary>A name.</summary>
internal sealed class NameExpression(int position, string name) : TemplateExpression(position)
{
    internal string Name => name;

    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        machine.Position = Position;
        return scope.TryGet(name, out object? value) ? value : JinjaFunctions.Find(name) ?? (object)JinjaUndefined.Variable(name);
    }
}

/// <summary>A tuple or a list.</summary>
internal sealed class SequenceExpression(int position, IReadOnlyList<TemplateExpression> items, bool isTuple) : TemplateExpression(position)
{
    internal IReadOnlyList<TemplateExpression> Items => items;

    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        var values = new List<object?>(items.Count);
        foreach (TemplateExpression item in items)
        {
            values.Add(item.Value(machine, scope));
        }

        return isTuple ? new JinjaTuple([.. values]) : new JinjaList(values);
    }
}

/// <summary>A mapping.</summary>
internal sealed class DictExpression(int position, IReadOnlyList<(TemplateExpression Key, TemplateExpression Value)> items) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        JinjaDict dict = machine.NewDict();
        foreach ((TemplateExpression key, TemplateExpression value) in items)
        {
            object? name = key.Value(machine, scope);
            object? content = value.Value(machine, scope);
            machine.Position = key.Position;
            dict.Set(name, content);
        }

        return dict;
    }
}

/// <summary><c>a if c else b</c>.</summary>
internal sealed class ConditionalExpression(int position, TemplateExpression condition, TemplateExpression then, TemplateExpression? otherwise) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        if (machine.IsTrue(condition.Value(machine, scope)))
        {
            return then.Growing(machine, scope);
        }

        return otherwise is null ? new JinjaUndefined("This inline 'if' is false and has no 'else'") : otherwise.Growing(machine, scope);
    }
}

/// <summary><c>and</c> or <c>or</c>, which give one of their sides.</summary>
internal sealed class LogicalExpression(int position, bool isAnd, IReadOnlyList<TemplateExpression> sides) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        object? value = null;
        foreach (TemplateExpression side in sides)
        {
            value = side.Value(machine, scope);
            if (machine.IsTrue(value) != isAnd)
            {
                break;
            }
        }

        return value;
    }
}

/// <summary><c>not</c>.</summary>
internal sealed class NotExpression(int position, TemplateExpression inner) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope) => !machine.IsTrue(inner.Value(machine, scope));
}

/// <summary>A sign before a number.</summary>
internal sealed class SignExpression(int position, bool minus, TemplateExpression inner) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        object? value = inner.Value(machine, scope);
        machine.Position = Position;
        return JinjaOperators.Negated(value, minus);
    }
}

/// <summary>Values with signs between them, carried out from left to right.</summary>
internal sealed class ChainExpression(TemplateExpression first, IReadOnlyList<(string Sign, TemplateExpression Value, int Position)> rest) : TemplateExpression(first.Position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        object? value = first.Growing(machine, scope);
        foreach ((string sign, TemplateExpression next, int position) in rest)
        {
            object? right = next.Value(machine, scope);
            machine.Position = position;
            value = JinjaOperators.Apply(sign, value, right, machine);
        }

        return value;
    }
}

/// <summary>Comparisons, each with its neighbour.</summary>
internal sealed class ComparisonExpression(TemplateExpression first, IReadOnlyList<(string Sign, TemplateExpression Value, int Position)> rest) : TemplateExpression(first.Position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        object? left = first.Value(machine, scope);
        foreach ((string sign, TemplateExpression next, int position) in rest)
        {
            object? right = next.Value(machine, scope);
            machine.Position = position;
            if (!JinjaOperators.Compares(sign, left, right, machine))
            {
                return false;
            }

            left = right;
        }

        return true;
    }
}

/// <summary>Values joined as texts by <c>~</c>.</summary>
internal sealed class JoinExpression(IReadOnlyList<TemplateExpression> parts) : TemplateExpression(parts[0].Position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        object first = parts[0].Growing(machine, scope) is var value && value is TextChain chain ? chain : Text(machine, value);
        for (int i = 1; i < parts.Count; i++)
        {
            first = TextChain.Join(first, Text(machine, parts[i].Value(machine, scope)), machine.Meter);
        }

        return first;
    }

    private string Text(JinjaMachine machine, object? value)
    {
        machine.Position = Position;
        return value is JinjaMarkup
            ? throw TemplateFault.Error("'~' would escape what it joins to text that is marked as safe or escaped for HTML: that is not supported. Leave '| safe' or '| escape' out")
            : machine.Text(value);
    }
}

/// <summary><c>value.name</c>.</summary>
internal sealed class AttributeExpression(int position, TemplateExpression target, string name) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        object? value = target.Value(machine, scope);
        machine.Position = Position;
        return JinjaAccess.Attribute(value, name, machine);
    }
}

/// <summary><c>value[key]</c>.</summary>
internal sealed class ItemExpression(int position, TemplateExpression target, TemplateExpression key) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        object? value = target.Value(machine, scope);
        object? place = key.Value(machine, scope);
        machine.Position = Position;
        return JinjaAccess.Item(value, place, machine);
    }
}

/// <summary><c>value[start:stop:step]</c>.</summary>
internal sealed class SliceExpression(int position, TemplateExpression target, TemplateExpression? start, TemplateExpression? stop, TemplateExpression? step) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        object? value = target.Value(machine, scope);
        object? from = start?.Value(machine, scope), to = stop?.Value(machine, scope), by = step?.Value(machine, scope);
        machine.Position = Position;
        return JinjaAccess.Slice(value, from, to, by, machine);
    }
}

/// <summary>The arguments of a call, filter or test.</summary>
internal sealed record ArgumentList(IReadOnlyList<TemplateExpression> Positional, IReadOnlyList<(string Name, TemplateExpression Value)> Named, TemplateExpression? Rest, TemplateExpression? NamedRest)
{
    internal static ArgumentList Empty { get; } = new([], [], null, null);

    internal JinjaArguments Values(JinjaMachine machine, JinjaScope scope)
    {
        if (Positional.Count == 0 && Named.Count == 0 && Rest is null && NamedRest is null)
        {
            return JinjaArguments.None;
        }

        var positional = new List<object?>(Positional.Count);
        foreach (TemplateExpression argument in Positional)
        {
            positional.Add(argument.Value(machine, scope));
        }

        if (Rest is not null)
        {
            positional.AddRange(machine.Items(Rest.Value(machine, scope)));
        }

        var named = new List<KeyValuePair<string, object?>>(Named.Count);
        foreach ((string name, TemplateExpression value) in Named)
        {
            named.Add(new(name, value.Value(machine, scope)));
        }

        if (NamedRest is not null)
        {
            JinjaDict dict = NamedRest.Value(machine, scope) as JinjaDict ?? throw TemplateFault.Error("What follows '**' must be a mapping");
            if (dict.Entries.FirstOrDefault(entry => Named.Any(argument => argument.Name == entry.Key as string)).Key is string twice)
            {
                throw TemplateFault.Error($"The argument '{Printable.Name(twice)}' is given twice");
            }

            named.AddRange(dict.Entries.Select(entry => new KeyValuePair<string, object?>(entry.Key as string ?? throw TemplateFault.Error("The keys of what follows '**' must be texts"), entry.Value)));
        }

        return new JinjaArguments([.. positional], [.. named]);
    }
}

/// <summary>A call.</summary>
internal sealed class CallExpression(int position, TemplateExpression target, ArgumentList arguments) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope) => Call(machine, scope, caller: null);

    /// <summary>Calls it, from a call block with what the block is.</summary>
    internal object? Call(JinjaMachine machine, JinjaScope scope, JinjaMacro? caller)
    {
        object? callee = target.Value(machine, scope);
        JinjaArguments values = arguments.Values(machine, scope);
        if (caller is not null)
        {
            values = values with { Named = [.. values.Named, new("caller", caller)] };
        }

        machine.Position = Position;
        return machine.Call(callee, values);
    }
}

/// <summary>A filter applied to a value.</summary>
/// <param name="position">Where the filter's name stands.</param>
/// <param name="target">The value; null in a filter or set block, whose text is the value.</param>
/// <param name="name">The filter.</param>
/// <param name="arguments">Its arguments.</param>
internal sealed class FilterExpression(int position, TemplateExpression? target, string name, ArgumentList arguments) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope) => Apply(machine, scope, target!.Value(machine, scope));

    /// <summary>Applies it, and those before it, to the text of a block.</summary>
    internal object? OfBlock(JinjaMachine machine, JinjaScope scope, string text) =>
        Apply(machine, scope, target is FilterExpression inner ? inner.OfBlock(machine, scope, text) : text);

    private object? Apply(JinjaMachine machine, JinjaScope scope, object? value)
    {
        JinjaArguments values = arguments.Values(machine, scope);
        machine.Position = Position;
        return JinjaFilters.Find(name)(machine, value, values);
    }
}

/// <summary>A test of a value.</summary>
internal sealed class TestExpression(int position, TemplateExpression target, string name, ArgumentList arguments) : TemplateExpression(position)
{
    protected override object? Evaluate(JinjaMachine machine, JinjaScope scope)
    {
        object? value = target.Value(machine, scope);
        JinjaArguments values = arguments.Values(machine, scope);
        machine.Position = Position;
        return JinjaTests.Find(name)(machine, value, values);
    }
}

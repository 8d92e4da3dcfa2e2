namespace MLNet.Dispersion.Text;

/// <summary>A part of a template that does something.</summary>
/// <param name="position">Where it stands in the source.</param>
internal abstract class TemplateStatement(int position)
{
    internal int Position { get; } = position;

    internal abstract JinjaFlow Execute(JinjaMachine machine, JinjaScope scope);
}

/// <summary>Statements one behind the other.</summary>
/// <param name="statements">The statements.</param>
/// <param name="names">The names of the stretch that this body is; null where it has none of its own.</param>
internal sealed class TemplateBody(IReadOnlyList<TemplateStatement> statements, FrameNames? names)
{
    internal JinjaFlow Execute(JinjaMachine machine, JinjaScope scope)
    {
        machine.Meter.RequireStack();
        foreach (string name in names?.Missing ?? [])
        {
            scope.Set(name, JinjaUndefined.Variable(name));
        }

        foreach (TemplateStatement statement in statements)
        {
            machine.Meter.Step();
            machine.Position = statement.Position;
            JinjaFlow flow = statement.Execute(machine, scope);
            if (flow != JinjaFlow.Next)
            {
                return flow;
            }
        }

        return JinjaFlow.Next;
    }
}

/// <summary>Text as it stands.</summary>
internal sealed class DataStatement(int position, string text) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope)
    {
        machine.Print(text);
        return JinjaFlow.Next;
    }
}

/// <summary><c>{{ expression }}</c>.</summary>
internal sealed class PrintStatement(int position, TemplateExpression expression) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope)
    {
        object? value = expression.Growing(machine, scope);
        if (value is TextChain chain)
        {
            machine.Print(chain);
        }
        else
        {
            machine.Print(machine.Text(value));
        }

        return JinjaFlow.Next;
    }
}

/// <summary><c>{% break %}</c> or <c>{% continue %}</c>.</summary>
internal sealed class JumpStatement(int position, JinjaFlow flow) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope) => flow;
}

/// <summary><c>{% if %}</c> with its branches; the last may have no condition.</summary>
internal sealed class IfStatement(int position, IReadOnlyList<(TemplateExpression? Condition, TemplateBody Body)> branches) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope)
    {
        foreach ((TemplateExpression? condition, TemplateBody body) in branches)
        {
            if (condition is null || machine.IsTrue(condition.Value(machine, scope)))
            {
                return body.Execute(machine, scope);
            }
        }

        return JinjaFlow.Next;
    }
}

/// <summary><c>{% for %}</c>.</summary>
internal sealed class ForStatement(int position, AssignTarget target, TemplateExpression items, TemplateExpression? condition, bool isRecursive, TemplateBody body, TemplateBody? otherwise)
    : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope) => Run(machine, scope, items.Value(machine, scope), depth: 0);

    private JinjaFlow Run(JinjaMachine machine, JinjaScope scope, object? source, int depth)
    {
        machine.Position = items.Position;
        IEnumerable<object?> values = machine.Items(source);
        var loop = new JinjaLoop(
            machine,
            condition is null ? values : values.Where(value => Passes(machine, scope, value)),
            condition is null ? machine.Count(source) : null,
            depth,
            isRecursive ? (inner, level) => machine.Captured(() => Run(machine, scope, inner, level), out _) : null);
        bool any = false;
        while (loop.Advance())
        {
            var inner = new JinjaScope(scope);
            machine.Position = Position;
            target.Set(loop.Current, machine, inner);
            inner.Set("loop", loop);
            JinjaFlow flow = body.Execute(machine, inner);
            if (flow == JinjaFlow.Break)
            {
                break;
            }

            // As in the reference, an item counts for 'else' once its body came to its end.
            any |= flow == JinjaFlow.Next;
        }

        return any || otherwise is null ? JinjaFlow.Next : otherwise.Execute(machine, new JinjaScope(scope));
    }

    private bool Passes(JinjaMachine machine, JinjaScope scope, object? value)
    {
        var inner = new JinjaScope(scope);
        target.Set(value, machine, inner);
        return machine.IsTrue(condition!.Value(machine, inner));
    }
}

/// <summary>What can be set: a name, an attribute of a namespace, or several of them.</summary>
internal abstract class AssignTarget
{
    internal abstract void Set(object? value, JinjaMachine machine, JinjaScope scope);

    /// <summary>Notes the names that are set.</summary>
    internal abstract void Note(FrameNames names, bool asParameter);
}

/// <summary>A name.</summary>
internal sealed class NameTarget(string name) : AssignTarget
{
    internal string Name => name;

    internal override void Set(object? value, JinjaMachine machine, JinjaScope scope) => scope.Set(name, value);

    internal override void Note(FrameNames names, bool asParameter)
    {
        if (asParameter)
        {
            names.Declare(name);
        }
        else
        {
            names.Store(name);
        }
    }
}

/// <summary>An attribute of a namespace.</summary>
internal sealed class NamespaceTarget(int position, string name, string attribute) : AssignTarget
{
    internal override void Set(object? value, JinjaMachine machine, JinjaScope scope)
    {
        machine.Position = position;
        _ = scope.TryGet(name, out object? found);
        (found as JinjaNamespace ?? throw TemplateFault.Error($"'{Printable.Name(name)}' is no namespace, and only their attributes can be set: make it with 'set {Printable.Name(name)} = namespace()'"))
            .Set(attribute, value);
    }

    internal override void Note(FrameNames names, bool asParameter) => names.Load(name);
}

/// <summary>Several targets, one for each item.</summary>
internal sealed class TupleTarget(IReadOnlyList<AssignTarget> targets) : AssignTarget
{
    internal override void Note(FrameNames names, bool asParameter)
    {
        foreach (AssignTarget target in targets)
        {
            target.Note(names, asParameter);
        }
    }

    internal override void Set(object? value, JinjaMachine machine, JinjaScope scope)
    {
        object? whole = value is TextChain chain ? chain.Whole(machine.Meter) : value;
        if (whole is JinjaUndefined missing)
        {
            throw missing.Fault();
        }

        object?[] items = [.. machine.Items(whole).Take(targets.Count + 1)];
        if (items.Length != targets.Count)
        {
            throw TemplateFault.Error($"{targets.Count} names are to be set, and the value has {(items.Length > targets.Count ? "more" : items.Length)} items");
        }

        for (int i = 0; i < items.Length; i++)
        {
            targets[i].Set(items[i], machine, scope);
        }
    }
}

/// <summary><c>{% set x = value %}</c>.</summary>
internal sealed class SetStatement(int position, AssignTarget target, TemplateExpression value) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope)
    {
        object? content = value.Growing(machine, scope);
        machine.Position = Position;
        target.Set(content, machine, scope);
        return JinjaFlow.Next;
    }
}

/// <summary><c>{% set x %}...{% endset %}</c>.</summary>
internal sealed class SetBlockStatement(int position, AssignTarget target, FilterExpression? filter, TemplateBody body) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope)
    {
        var inner = new JinjaScope(scope);
        string text = machine.Captured(() => body.Execute(machine, inner), out JinjaFlow flow);
        if (flow == JinjaFlow.Next)
        {
            target.Set(filter is null ? text : filter.OfBlock(machine, inner, text), machine, scope);
        }

        return flow;
    }
}

/// <summary><c>{% filter %}...{% endfilter %}</c>.</summary>
internal sealed class FilterBlockStatement(int position, FilterExpression filter, TemplateBody body) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope)
    {
        var inner = new JinjaScope(scope);
        string text = machine.Captured(() => body.Execute(machine, inner), out JinjaFlow flow);
        if (flow == JinjaFlow.Next)
        {
            machine.Print(machine.Text(filter.OfBlock(machine, inner, text)));
        }

        return flow;
    }
}

/// <summary><c>{% with %}</c>: names that hold until its end.</summary>
internal sealed class WithStatement(int position, IReadOnlyList<(AssignTarget Target, TemplateExpression Value)> settings, TemplateBody body) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope)
    {
        var inner = new JinjaScope(scope);
        var values = settings.Select(setting => setting.Value.Growing(machine, scope)).ToList();
        for (int i = 0; i < values.Count; i++)
        {
            settings[i].Target.Set(values[i], machine, inner);
        }

        return body.Execute(machine, inner);
    }
}

/// <summary><c>{% macro %}</c>.</summary>
internal sealed class MacroStatement(int position, MacroDefinition definition) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope)
    {
        scope.Set(definition.Name!, new JinjaMacro(definition, scope));
        return JinjaFlow.Next;
    }
}

/// <summary><c>{% call %}</c>: a call whose macro may print the block by <c>caller()</c>.</summary>
internal sealed class CallStatement(int position, CallExpression call, MacroDefinition definition) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope)
    {
        machine.Print(machine.Text(call.Call(machine, scope, new JinjaMacro(definition, scope))));
        return JinjaFlow.Next;
    }
}

/// <summary><c>{% generation %}</c>: marks what a model would have written.</summary>
internal sealed class GenerationStatement(int position, MacroDefinition definition) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope)
    {
        JinjaScope inner = new JinjaMacro(definition, scope).Entered(machine, JinjaArguments.None);
        return machine.Spanned(() => definition.Body.Execute(machine, inner));
    }
}

/// <summary><c>{% block %}</c>, which nothing overrides here; without <c>scoped</c> it sees only what is set at the top.</summary>
internal sealed class BlockStatement(int position, TemplateBody body, bool isScoped) : TemplateStatement(position)
{
    internal override JinjaFlow Execute(JinjaMachine machine, JinjaScope scope) => body.Execute(machine, new JinjaScope(isScoped ? scope : scope.Top));
}

namespace MLNet.Dispersion.Text;

/// <summary>What a macro, or the body of a call block, is made of.</summary>
/// <param name="Name">Its name; null for the body of a call or generation block.</param>
/// <param name="Parameters">Its parameters, with the default of those that have one.</param>
/// <param name="Body">What it prints.</param>
/// <param name="TakesCaller">Whether it speaks of <c>caller</c>.</param>
/// <param name="TakesNamed">Whether it speaks of <c>kwargs</c>.</param>
/// <param name="TakesRest">Whether it speaks of <c>varargs</c>.</param>
internal sealed record MacroDefinition(string? Name, IReadOnlyList<(string Name, TemplateExpression? Default)> Parameters, TemplateBody Body, bool TakesCaller, bool TakesNamed, bool TakesRest);

/// <summary>A macro with the names that it sees.</summary>
internal sealed class JinjaMacro(MacroDefinition definition, JinjaScope around) : IJinjaKind
{
    string IJinjaKind.Kind => "macro";

    internal string? Name => definition.Name;

    private string Called => definition.Name ?? "caller";

    internal object? Attribute(string name) => name switch
    {
        "name" => Name,
        "arguments" => new JinjaTuple([.. definition.Parameters.Select(parameter => parameter.Name)]),
        "catch_kwargs" => definition.TakesNamed,
        "catch_varargs" => definition.TakesRest,
        "caller" => definition.TakesCaller,
        _ => null,
    };

    internal string Call(JinjaMachine machine, JinjaArguments arguments)
    {
        JinjaScope scope = Entered(machine, arguments);
        return machine.Captured(() => definition.Body.Execute(machine, scope), out _);
    }

    /// <summary>The names that its body sees.</summary>
    internal JinjaScope Entered(JinjaMachine machine, JinjaArguments arguments)
    {
        var scope = new JinjaScope(around);
        var named = arguments.Named.ToDictionary(argument => argument.Key, argument => argument.Value, StringComparer.Ordinal);
        var given = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (int i = 0; i < definition.Parameters.Count; i++)
        {
            string name = definition.Parameters[i].Name;
            if (i < arguments.Positional.Length)
            {
                given[name] = arguments.Positional[i];
            }
            else if (named.Remove(name, out object? value))
            {
                given[name] = value;
            }
        }

        TakeRest(machine, scope, arguments, named);
        foreach ((string name, TemplateExpression? otherwise) in definition.Parameters)
        {
            scope.Set(name, given.TryGetValue(name, out object? value) ? value
                : otherwise is not null ? otherwise.Value(machine, scope)
                : new JinjaUndefined($"The parameter '{name}' of the macro '{Called}' was not given"));
        }

        return scope;
    }

    private void TakeRest(JinjaMachine machine, JinjaScope scope, JinjaArguments arguments, Dictionary<string, object?> named)
    {
        if (definition.TakesCaller)
        {
            scope.Set("caller", named.Remove("caller", out object? caller) ? caller : new JinjaUndefined($"The macro '{Called}' has no caller here: use it in a call block"));
        }

        if (definition.TakesNamed)
        {
            JinjaDict rest = machine.NewDict();
            foreach ((string name, object? value) in arguments.Named.Where(argument => named.ContainsKey(argument.Key)))
            {
                rest.Set(name, value);
            }

            scope.Set("kwargs", rest);
        }
        else if (named.Count > 0)
        {
            throw TemplateFault.Error($"The macro '{Called}' takes no argument '{Printable.Name(named.Keys.First())}'");
        }

        int count = definition.Parameters.Count;
        if (definition.TakesRest)
        {
            scope.Set("varargs", arguments.Positional.Length > count ? new JinjaTuple(arguments.Positional[count..]) : JinjaTuple.Empty);
        }
        else if (arguments.Positional.Length > count)
        {
            throw TemplateFault.Error($"The macro '{Called}' takes at most {count} arguments, and gets {arguments.Positional.Length}");
        }
    }
}

using System.Collections.Frozen;
using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>The functions that every template finds.</summary>
internal static class JinjaFunctions
{
    private static readonly string[] Refused = ["cycler", "joiner", "lipsum", "self"];

    private static readonly FrozenDictionary<string, JinjaFunction> Known = new JinjaFunction[]
    {
        new("range", "<class 'range'>", Range),
        new("dict", "<class 'dict'>", Dict),
        new("namespace", "<class 'Namespace'>", Namespace),
        new("raise_exception", "<function raise_exception>", (machine, arguments) => throw new TemplateFault(TemplateFault.Of.Raised, machine.Text(arguments.Bind("raise_exception", 1, "message").Value(0)))),
        new("strftime_now", "<function strftime_now>", (machine, arguments) => Strftime.Format(machine.Clock.GetLocalNow().DateTime, arguments.Bind("strftime_now", 1, "format").Text(0), machine.Meter)),
    }.ToFrozenDictionary(function => function.Name, StringComparer.Ordinal);

    /// <summary>The function of a name, or null.</summary>
    internal static JinjaFunction? Find(string name)
    {
        if (Array.IndexOf(Refused, name) >= 0)
        {
            throw TemplateFault.Error($"'{name}' is not supported: no chat template needs it. Leave it out");
        }

        return Known.GetValueOrDefault(name);
    }

    private static JinjaRange Range(JinjaMachine machine, JinjaArguments arguments)
    {
        JinjaArguments.Bound bound = arguments.Bind("range", 1, "start", "stop", "step");
        BigInteger first = bound.Integer(0);
        return bound.Has(1) ? JinjaRange.Of(first, bound.Integer(1), bound.Integer(2, 1)) : JinjaRange.Of(BigInteger.Zero, first, BigInteger.One);
    }

    private static JinjaDict Dict(JinjaMachine machine, JinjaArguments arguments)
    {
        JinjaDict dict = machine.NewDict();
        if (arguments.Positional.Length > 1)
        {
            throw TemplateFault.Error("'dict' takes at most one argument without a name");
        }

        foreach (object? source in arguments.Positional)
        {
            ContainerMethods.Fill(dict, source, machine);
        }

        foreach ((string name, object? value) in arguments.Named)
        {
            dict.Set(name, value);
        }

        return dict;
    }

    private static JinjaNamespace Namespace(JinjaMachine machine, JinjaArguments arguments)
    {
        JinjaDict attributes = Dict(machine, arguments);
        foreach ((object? key, _) in attributes.Entries)
        {
            _ = key is string name ? JinjaNamespace.CheckedName(name) : throw TemplateFault.Error("The names of a namespace must be texts");
        }

        return new JinjaNamespace(attributes);
    }
}

/// <summary>What can be called.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Shown">How it prints.</param>
/// <param name="Call">Calls it.</param>
internal sealed record JinjaFunction(string Name, string Shown, Func<JinjaMachine, JinjaArguments, object?> Call) : IJinjaKind
{
    string IJinjaKind.Kind => "function";
}

using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>What messages call the kinds of values: Python's names, which templates' authors know.</summary>
internal static class JinjaType
{
    internal static string Name(object? value) => value switch
    {
        null => "none",
        bool => "bool",
        BigInteger => "int",
        double => "float",
        string or TextChain => "str",
        JinjaMarkup => "HTML text",
        JinjaList => "list",
        JinjaTuple => "tuple",
        JinjaDict => "dict",
        JinjaRange => "range",
        JinjaNamespace => "namespace",
        JinjaGenerator => "generator",
        JinjaView view => "dict_" + view.Kind,
        JinjaUndefined => "undefined",
        IJinjaKind kind => kind.Kind,
        _ => throw new InvalidOperationException($"There is no name for a {value.GetType().Name}."),
    };
}

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
        string => "str",
        JinjaMarkup => "HTML text",
        JinjaList => "list",
        JinjaTuple => "tuple",
        JinjaDict => "dict",
        JinjaRange => "range",
        JinjaNamespace => "namespace",
        JinjaGenerator => "generator",
        JinjaView view => "dict_" + view.Kind,
        JinjaUndefined => "undefined",
        JinjaLoop => "loop",
        _ => "function",
    };
}

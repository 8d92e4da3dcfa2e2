using System.Collections.Frozen;

namespace MLNet.Dispersion.Text;

/// <summary>The filters by name.</summary>
internal static class JinjaFilters
{
    private static readonly string[] Refused = ["filesizeformat", "pprint", "random", "urlize", "xmlattr"];

    private static readonly FrozenDictionary<string, Func<JinjaMachine, object?, JinjaArguments, object?>> Known =
        TextFilters.All.Concat(SequenceFilters.All).Concat(ValueFilters.All).ToFrozenDictionary(filter => filter.Key, filter => filter.Value, StringComparer.Ordinal);

    /// <summary>Whether there is the filter, be it one that is refused where it is used.</summary>
    internal static bool Knows(string name) => Exists(name) || Array.IndexOf(Refused, name) >= 0;

    internal static bool Exists(string name) => Known.ContainsKey(name);

    internal static Func<JinjaMachine, object?, JinjaArguments, object?> Find(string name) => Known.TryGetValue(name, out var filter) ? filter : throw Unknown(name);

    internal static TemplateFault Unknown(string name) => TemplateFault.Error(Array.IndexOf(Refused, name) >= 0
        ? $"The filter '{name}' is not supported: no chat template needs it. Leave it out"
        : $"There is no filter '{Printable.Name(name)}'. Known are {string.Join(", ", Known.Keys.Order(StringComparer.Ordinal))}");
}

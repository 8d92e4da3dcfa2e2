using System.Collections.Frozen;
using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>The tests by name: what may follow <c>is</c>.</summary>
internal static class JinjaTests
{
    private static readonly FrozenDictionary<string, Func<JinjaMachine, object?, JinjaArguments, bool>> Known = new Dictionary<string, Func<JinjaMachine, object?, JinjaArguments, bool>>
    {
        ["boolean"] = Plain("boolean", value => value is bool),
        ["callable"] = Plain("callable", value => value is JinjaFunction or JinjaMacro or JinjaLoop or JinjaUndefined),
        ["defined"] = Plain("defined", value => value is not JinjaUndefined),
        ["divisibleby"] = (machine, value, arguments) => machine.Equality.AreEqual(JinjaOperators.Apply("%", value, arguments.Bind("divisibleby", 1, "num").Value(0), machine), BigInteger.Zero),
        ["escaped"] = Plain("escaped", value => value is JinjaMarkup),
        ["even"] = Parity("even", BigInteger.Zero),
        ["false"] = Plain("false", value => value is false),
        ["filter"] = (machine, value, arguments) => arguments.Bind("filter", 0) is not null && machine.Equality.RequireKey(value) && value is string name && JinjaFilters.Knows(name),
        ["float"] = Plain("float", value => value is double),
        ["in"] = (machine, value, arguments) => machine.Contains(arguments.Bind("in", 1, "seq").Value(0), value),
        ["integer"] = Plain("integer", value => value is BigInteger),
        ["iterable"] = (machine, value, arguments) => arguments.Bind("iterable", 0) is not null && JinjaMachine.TryItems(value) is not null,
        ["lower"] = (machine, value, arguments) => arguments.Bind("lower", 0) is not null && TextMethods.IsAllLower(machine.Text(value)),
        ["mapping"] = Plain("mapping", value => value is JinjaDict),
        ["none"] = Plain("none", value => value is null),
        ["number"] = Plain("number", JinjaNumber.IsNumber),
        ["odd"] = Parity("odd", BigInteger.One),
        ["sameas"] = (_, value, arguments) => IsSame(value, arguments.Bind("sameas", 1, "other").Value(0)),
        ["sequence"] = Plain("sequence", value => value is string or JinjaMarkup or JinjaList or JinjaTuple or JinjaDict or JinjaRange or JinjaUndefined),
        ["string"] = Plain("string", value => value is string or JinjaMarkup),
        ["test"] = (machine, value, arguments) => arguments.Bind("test", 0) is not null && machine.Equality.RequireKey(value) && value is string name && Knows(name),
        ["true"] = Plain("true", value => value is true),
        ["undefined"] = Plain("undefined", value => value is JinjaUndefined),
        ["upper"] = (machine, value, arguments) => arguments.Bind("upper", 0) is not null && TextMethods.IsAllUpper(machine.Text(value)),
        ["=="] = Comparing("=="), ["eq"] = Comparing("=="), ["equalto"] = Comparing("=="),
        ["!="] = Comparing("!="), ["ne"] = Comparing("!="),
        ["<"] = Comparing("<"), ["lt"] = Comparing("<"), ["lessthan"] = Comparing("<"),
        ["<="] = Comparing("<="), ["le"] = Comparing("<="),
        [">"] = Comparing(">"), ["gt"] = Comparing(">"), ["greaterthan"] = Comparing(">"),
        [">="] = Comparing(">="), ["ge"] = Comparing(">="),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    internal static bool Knows(string name) => Known.ContainsKey(name);

    internal static Func<JinjaMachine, object?, JinjaArguments, object?> Find(string name) => Known.TryGetValue(name, out var test) ? (machine, value, arguments) => test(machine, value, arguments) : throw Unknown(name);

    internal static TemplateFault Unknown(string name) =>
        TemplateFault.Error($"There is no test '{Printable.Name(name)}'. Known are {string.Join(", ", Known.Keys.Where(key => char.IsLetter(key[0])).Order(StringComparer.Ordinal))}");

    private static Func<JinjaMachine, object?, JinjaArguments, bool> Plain(string name, Func<object?, bool> test) =>
        (_, value, arguments) => arguments.Bind(name, 0) is not null && test(value);

    private static Func<JinjaMachine, object?, JinjaArguments, bool> Parity(string name, BigInteger rest) =>
        (machine, value, arguments) => arguments.Bind(name, 0) is not null && machine.Equality.AreEqual(JinjaOperators.Apply("%", value, (BigInteger)2, machine), rest);

    private static Func<JinjaMachine, object?, JinjaArguments, bool> Comparing(string sign) =>
        (machine, value, arguments) => JinjaOperators.Compares(sign, value, arguments.Bind(sign, 1, "other").Value(0), machine);

    private static bool IsSame(object? a, object? b) => ReferenceEquals(a, b) || (a, b) switch
    {
        (bool x, bool y) => x == y,
        (BigInteger x, BigInteger y) => x == y && BigInteger.Abs(x) <= 256,
        (string x, string y) => x == y,
        _ => false,
    };
}

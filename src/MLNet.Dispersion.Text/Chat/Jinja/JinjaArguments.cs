using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>The arguments of a call.</summary>
/// <param name="Positional">Those without a name.</param>
/// <param name="Named">Those with one, in their order.</param>
internal sealed record JinjaArguments(object?[] Positional, KeyValuePair<string, object?>[] Named)
{
    /// <summary>Stands for an argument that is not given.</summary>
    private static readonly object Absent = new();

    internal static JinjaArguments None { get; } = new([], []);

    internal static JinjaArguments Of(params object?[] values) => new(values, []);

    /// <summary>Gives each argument its place.</summary>
    /// <param name="function">What is called, for messages.</param>
    /// <param name="required">How many of the names must be given.</param>
    /// <param name="names">The names in their order.</param>
    internal Bound Bind(string function, int required, params string[] names)
    {
        if (Positional.Length > names.Length)
        {
            throw TemplateFault.Error($"'{function}' takes at most {names.Length} arguments, and gets {Positional.Length}");
        }

        object?[] values = new object?[names.Length];
        Array.Fill(values, Absent);
        Positional.CopyTo(values, 0);
        foreach ((string name, object? value) in Named)
        {
            int place = Array.IndexOf(names, name);
            if (place < 0)
            {
                throw TemplateFault.Error($"'{function}' takes no argument '{Printable.Name(name)}'{(names.Length == 0 ? "" : $": it knows {string.Join(", ", names)}")}");
            }

            values[place] = values[place] == Absent ? value : throw TemplateFault.Error($"'{function}' gets its argument '{name}' twice");
        }

        int missing = Array.IndexOf(values, Absent, 0, required);
        return missing < 0 ? new Bound(function, names, values) : throw TemplateFault.Error($"'{function}' lacks its argument '{names[missing]}'");
    }

    /// <summary>The same without the first positional argument.</summary>
    internal JinjaArguments Rest() => this with { Positional = Positional[1..] };

    /// <summary>Arguments in their places.</summary>
    internal sealed class Bound(string function, string[] names, object?[] values)
    {
        internal bool Has(int place) => values[place] != Absent;

        internal object? Value(int place, object? otherwise = null) => Has(place) ? values[place] : otherwise;

        /// <summary>The value, where none counts as not given.</summary>
        internal object? Given(int place) => Has(place) ? values[place] : null;

        internal string Text(int place, string? otherwise = null) => Value(place, otherwise) as string ?? throw Wrong(place, "a text");

        internal string? TextOrNone(int place) => Given(place) is { } value ? value as string ?? throw Wrong(place, "a text or none") : null;

        internal BigInteger Integer(int place, int otherwise = 0) => JinjaNumber.IsInteger(Value(place, (BigInteger)otherwise), out BigInteger integer) ? integer : throw Wrong(place, "a whole number");

        /// <summary>A whole number held within the bounds of int.</summary>
        internal int Int(int place, int otherwise = 0) => (int)BigInteger.Clamp(Integer(place, otherwise), int.MinValue, int.MaxValue);

        internal bool Truth(int place, JinjaMachine machine, bool otherwise = false) => Has(place) ? machine.IsTrue(values[place]) : otherwise;

        internal TemplateFault Wrong(int place, string wanted) => values[place] is JinjaUndefined missing
            ? missing.Fault()
            : TemplateFault.Error($"The argument '{names[place]}' of '{function}' must be {wanted}, and is {JinjaType.Name(Value(place))}");
    }
}

using System.Numerics;

namespace MLNet.Dispersion.Text;

// Values of templates: null is none; bool, BigInteger, double and string stand for themselves; the others are here, in JinjaList and in JinjaDict.
// All but namespaces are immutable, since the reference's sandbox allows no change.

/// <summary>What is not there.</summary>
/// <param name="Problem">What is missing, for the message of whoever needs it.</param>
internal sealed record JinjaUndefined(string Problem)
{
    internal TemplateFault Fault() => TemplateFault.Error(Problem);

    internal static JinjaUndefined Variable(string name) => new($"'{Printable.Name(name)}' is undefined. Give it as a variable, or test 'is defined' first");
}

/// <summary>A tuple.</summary>
internal class JinjaTuple(object?[] items)
{
    internal static JinjaTuple Empty { get; } = new([]);

    internal object?[] Items { get; } = items;
}

/// <summary>What groupby gives: a pair whose parts have names.</summary>
internal sealed class JinjaGroup(object? grouper, JinjaList list) : JinjaTuple([grouper, list]);

/// <summary>A range of whole numbers.</summary>
internal sealed record JinjaRange(BigInteger Start, BigInteger Stop, BigInteger Step, int Count)
{
    internal object At(int index) => Start + (Step * index);

    /// <summary>The range, if it has no more items than the sandbox allows.</summary>
    internal static JinjaRange Of(BigInteger start, BigInteger stop, BigInteger step)
    {
        if (step.IsZero)
        {
            throw TemplateFault.Error("The step of a range must not be 0");
        }

        BigInteger span = step.Sign > 0 ? stop - start : start - stop;
        BigInteger size = BigInteger.Abs(step);
        BigInteger count = span.Sign <= 0 ? BigInteger.Zero : (span + size - 1) / size;
        return count <= ChatTemplateLimits.MaxRange
            ? new JinjaRange(start, stop, step, (int)count)
            : throw TemplateFault.Limit("range", ChatTemplateLimits.MaxRange, "This range has too many items");
    }
}

/// <summary>Attributes that may be set from within loops.</summary>
internal sealed class JinjaNamespace(JinjaDict attributes)
{
    internal JinjaDict Attributes { get; } = attributes;

    internal void Set(string name, object? value) => Attributes.Set(CheckedName(name), value);

    internal static string CheckedName(string name) => name.StartsWith('_')
        ? throw TemplateFault.Error($"A chat template may not keep '{Printable.Name(name)}' in a namespace: rename the attribute, so that it does not begin with '_'")
        : name;
}

/// <summary>A text that is marked as safe or escaped for HTML: it can be printed and tested, and nothing else, since joining it would escape the rest.</summary>
internal sealed record JinjaMarkup(string Text);

/// <summary>Items that come one by one, and once.</summary>
internal sealed class JinjaGenerator(string name, IEnumerable<object?> items, int depth)
{
    private const int MaxChain = 100;
    private readonly IEnumerator<object?> _items = depth <= MaxChain
        ? items.GetEnumerator()
        : throw TemplateFault.Limit(nameof(ChatTemplateLimits.MaxDepth), MaxChain, "Too many filters draw on one another: end the chain with '| list'");

    /// <summary>The filter that made it.</summary>
    internal string Name { get; } = name;

    /// <summary>How many generators draw on one another.</summary>
    internal int Depth { get; } = depth;

    internal IEnumerable<object?> Items()
    {
        while (_items.MoveNext())
        {
            yield return _items.Current;
        }
    }
}

/// <summary>The keys, values or items of a mapping.</summary>
internal sealed record JinjaView(string Kind, JinjaDict Dict)
{
    internal IEnumerable<object?> Items() => Kind switch
    {
        "keys" => Dict.Entries.Select(entry => entry.Key),
        "values" => Dict.Entries.Select(entry => entry.Value),
        _ => Dict.Entries.Select(entry => (object?)new JinjaTuple([entry.Key, entry.Value])),
    };
}

/// <summary>A value whose kind only those know who made it.</summary>
internal interface IJinjaKind
{
    /// <summary>What messages call the kind.</summary>
    string Kind { get; }
}

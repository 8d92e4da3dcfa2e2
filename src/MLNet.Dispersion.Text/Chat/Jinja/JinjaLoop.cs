using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>The variable <c>loop</c>. It looks ahead only as far as it is asked, as the reference does.</summary>
internal sealed class JinjaLoop : IJinjaKind
{
    private static readonly string[] Names = ["index", "index0", "first", "last", "length", "revindex", "revindex0", "depth", "depth0", "previtem", "nextitem", "cycle", "changed"];
    private readonly JinjaMachine _machine;
    private readonly int _depth;
    private readonly Func<object?, int, string>? _recurse;
    private IEnumerator<object?> _items;
    private int? _length;
    private (object? Item, bool There) _before;
    private (object? Item, bool There) _current;
    private (object? Item, bool There) _after;
    private object?[]? _changed;

    internal JinjaLoop(JinjaMachine machine, IEnumerable<object?> items, int? length, int depth, Func<object?, int, string>? recurse)
    {
        _machine = machine;
        _items = items.GetEnumerator();
        _length = length;
        _depth = depth;
        _recurse = recurse;
    }

    string IJinjaKind.Kind => "loop";

    internal object? Current => _current.Item;

    internal int Index { get; private set; }

    internal int Length
    {
        get
        {
            if (_length is null)
            {
                var rest = new List<object?>();
                while (_items.MoveNext())
                {
                    rest.Add(_items.Current);
                }

                _length = rest.Count + Index + (_after.There ? 1 : 0);
                _items = rest.GetEnumerator();
            }

            return _length.Value;
        }
    }

    internal bool Advance()
    {
        (object? Item, bool There) next = _after.There ? _after : Next();
        _after = default;
        if (!next.There)
        {
            return false;
        }

        Index++;
        _before = _current;
        _current = next;
        return true;
    }

    internal static bool Knows(string name) => Array.IndexOf(Names, name) >= 0;

    internal object? Attribute(string name) => name switch
    {
        "index" => (BigInteger)Index,
        "index0" => (BigInteger)(Index - 1),
        "first" => Index == 1,
        "last" => !Peek(),
        "length" => (BigInteger)Length,
        "revindex" => (BigInteger)(Length - Index + 1),
        "revindex0" => (BigInteger)(Length - Index),
        "depth" => (BigInteger)(_depth + 1),
        "depth0" => (BigInteger)_depth,
        "previtem" => _before.There ? _before.Item : new JinjaUndefined("There is no previous item"),
        "nextitem" => Peek() ? _after.Item : new JinjaUndefined("There is no next item"),
        "cycle" => new JinjaFunction("cycle", "<bound method LoopContext.cycle>", (_, arguments) => arguments.Positional.Length == 0
            ? throw TemplateFault.Error("'cycle' needs items to cycle through")
            : arguments.Positional[(Index - 1) % arguments.Positional.Length]),
        _ => new JinjaFunction("changed", "<bound method LoopContext.changed>", (_, arguments) => Changed(arguments.Positional)),
    };

    /// <summary><c>loop(items)</c> of a recursive loop.</summary>
    internal string Recurse(JinjaArguments arguments)
    {
        object? items = arguments.Bind("loop", 1, "iterable").Value(0);
        return _recurse is not null ? _recurse(items, _depth + 1) : throw TemplateFault.Error("This loop cannot be called: write 'recursive' at the end of its for tag");
    }

    private bool Peek()
    {
        if (!_after.There)
        {
            _after = Next();
        }

        return _after.There;
    }

    private (object? Item, bool There) Next() => _items.MoveNext() ? (_items.Current, true) : default;

    private bool Changed(object?[] values)
    {
        bool same = _changed is not null && _changed.Length == values.Length && _changed.Zip(values).All(pair => _machine.Equality.AreSameOrEqual(pair.First, pair.Second));
        _changed = values;
        return !same;
    }
}

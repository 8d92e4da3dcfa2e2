using System.Diagnostics.CodeAnalysis;

namespace MLNet.Dispersion.Text;

/// <summary>A mapping that keeps the order of its keys. Keys that Python holds for equal are one: 1, 1.0 and true.</summary>
internal sealed class JinjaDict(JinjaEquality equality)
{
    private static readonly object NoneKey = new();
    private readonly Dictionary<object, int> _places = new(equality);
    private readonly List<KeyValuePair<object?, object?>> _entries = [];

    internal IReadOnlyList<KeyValuePair<object?, object?>> Entries => _entries;

    internal int Count => _entries.Count;

    /// <summary>Sets a value; a key that is there stays as it was written first.</summary>
    internal void Set(object? key, object? value)
    {
        if (_places.TryGetValue(key ?? NoneKey, out int place))
        {
            _entries[place] = new(_entries[place].Key, value);
            return;
        }

        _places.Add(key ?? NoneKey, _entries.Count);
        _entries.Add(new(key, value));
    }

    internal bool TryGet(object? key, [MaybeNullWhen(true)] out object? value)
    {
        bool there = _places.TryGetValue(key ?? NoneKey, out int place);
        value = there ? _entries[place].Value : null;
        return there;
    }

    internal bool Has(object? key) => _places.ContainsKey(key ?? NoneKey);

    internal JinjaDict Copy()
    {
        var copy = new JinjaDict(equality);
        copy.Add(this);
        return copy;
    }

    internal void Add(JinjaDict other)
    {
        equality.Meter.WriteItems(other.Count);
        foreach ((object? key, object? value) in other._entries.ToArray())
        {
            Set(key, value);
        }
    }
}

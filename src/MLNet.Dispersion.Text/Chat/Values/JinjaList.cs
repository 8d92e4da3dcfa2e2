namespace MLNet.Dispersion.Text;

/// <summary>An immutable list. Slices without a step and what is added at the end share the items, so that neither costs what is already there.</summary>
internal sealed class JinjaList
{
    // Others may have added items behind ours: we never look there.
    private readonly List<object?> _items;
    private readonly int _start;

    internal JinjaList(List<object?> items)
        : this(items, 0, items.Count)
    {
    }

    private JinjaList(List<object?> items, int start, int count)
    {
        _items = items;
        _start = start;
        Count = count;
    }

    internal int Count { get; }

    internal object? this[int index] => _items[_start + index];

    internal IEnumerable<object?> Items()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    internal JinjaList Slice(int start, int count) => new(_items, _start + start, count);

    /// <summary>This list and the items of another.</summary>
    internal JinjaList With(JinjaList other, JinjaMeter meter)
    {
        meter.WriteItems(other.Count);
        if (_start + Count == _items.Count)
        {
            for (int i = 0; i < other.Count; i++)
            {
                _items.Add(other[i]);
            }

            return new JinjaList(_items, _start, Count + other.Count);
        }

        meter.WriteItems(Count);
        return new JinjaList([.. Items(), .. other.Items()]);
    }
}

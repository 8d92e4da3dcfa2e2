using System.Collections;

namespace MLNet.Dispersion.Files;

/// <summary>A list whose items are made when they are asked for, each time anew: such as another order of a list that is too large for a copy. Thread-safe as far as the making is.</summary>
/// <typeparam name="T">What it is of.</typeparam>
/// <param name="count">Items. At least 0.</param>
/// <param name="item">Makes the item of an index.</param>
public sealed class LazyList<T>(int count, Func<int, T> item) : IReadOnlyList<T>
{
    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside of the list.</exception>
    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
            return item(index);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (int index = 0; index < count; index++)
        {
            yield return item(index);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

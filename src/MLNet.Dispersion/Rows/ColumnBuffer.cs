using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The values of one passed-through column for the rows of a block, so that they can still be read once the input has moved on.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>Whether values of a type can be kept: plain values and vectors of them. Objects may be owned, reused or disposed by whoever made them.</summary>
    internal static bool CanKeep(DataViewType type) => ItemOfVector(type.RawType) is { } item ? item.IsValueType : type.RawType.IsValueType;

    /// <summary>A buffer for one column of a cursor.</summary>
    internal static ColumnBuffer Create(DataViewRowCursor cursor, DataViewSchema.Column column, int capacity)
    {
        Type raw = column.Type.RawType;
        Type buffer = ItemOfVector(raw) is { } item ? typeof(OfVectors<>).MakeGenericType(item) : typeof(OfValues<>).MakeGenericType(raw);
        return (ColumnBuffer)Activator.CreateInstance(buffer, cursor, column, capacity)!;
    }

    /// <summary>Keeps the value of the row that the cursor stands on.</summary>
    internal abstract void Capture(int slot);

    /// <summary>A getter for the slot that <paramref name="current"/> names whenever it is called; of type <see cref="ValueGetter{TValue}"/>.</summary>
    internal abstract Delegate Getter(Func<int> current);

    private static Type? ItemOfVector(Type raw) =>
        raw.IsGenericType && raw.GetGenericTypeDefinition() == typeof(VBuffer<>) ? raw.GetGenericArguments()[0] : null;

    private sealed class OfValues<T>(DataViewRowCursor cursor, DataViewSchema.Column column, int capacity) : ColumnBuffer
    {
        private readonly T[] _values = new T[capacity];
        private readonly ValueGetter<T> _read = cursor.GetGetter<T>(column);

        internal override void Capture(int slot) => _read(ref _values[slot]);

        internal override Delegate Getter(Func<int> current) => (ValueGetter<T>)((ref T value) => value = _values[current()]);
    }

    // Whoever reads a vector owns and may edit what it gets: it gets a copy.
    private sealed class OfVectors<T>(DataViewRowCursor cursor, DataViewSchema.Column column, int capacity) : ColumnBuffer
    {
        private readonly VBuffer<T>[] _values = new VBuffer<T>[capacity];
        private readonly ValueGetter<VBuffer<T>> _read = cursor.GetGetter<VBuffer<T>>(column);

        internal override void Capture(int slot) => _read(ref _values[slot]);

        internal override Delegate Getter(Func<int> current) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => _values[current()].CopyTo(ref value));
    }
}

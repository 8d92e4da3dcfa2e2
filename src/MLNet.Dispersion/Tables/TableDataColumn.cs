using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>One column of a small table in memory, see <see cref="TableDataView"/>. Immutable. It cannot be derived from outside the library.</summary>
public abstract class TableDataColumn
{
    private TableDataColumn(string name, DataViewType type, DataViewSchema.Annotations? annotations)
    {
        Name = name;
        Type = type;
        Annotations = annotations;
    }

    /// <summary>Gets the column's name.</summary>
    public string Name { get; }

    /// <summary>Gets the type of its values.</summary>
    public DataViewType Type { get; }

    internal DataViewSchema.Annotations? Annotations { get; }

    /// <summary>Gets the number of values.</summary>
    public abstract int Count { get; }

    /// <summary>Makes a column of <see cref="int"/>.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">The values, row by row; copied.</param>
    public static TableDataColumn OfIntegers(string name, IEnumerable<int> values) => new Scalars<int>(name, NumberDataViewType.Int32, [.. values]);

    /// <summary>Makes a column of <see cref="double"/>.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">The values, row by row; copied. NaN where one is missing.</param>
    public static TableDataColumn OfNumbers(string name, IEnumerable<double> values) => new Scalars<double>(name, NumberDataViewType.Double, [.. values]);

    /// <summary>Makes a column of text.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">The values, row by row; copied.</param>
    public static TableDataColumn OfTexts(string name, IEnumerable<string> values) => new Scalars<ReadOnlyMemory<char>>(name, TextDataViewType.Instance, [.. values.Select(text => text.AsMemory())]);

    /// <summary>Makes a column of <see cref="float"/>, the type of labels and weights of training.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">The values, row by row; copied. NaN where one is missing.</param>
    public static TableDataColumn OfSingles(string name, IEnumerable<float> values) => new Scalars<float>(name, NumberDataViewType.Single, [.. values]);

    /// <summary>Makes a column of <see cref="bool"/>.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">The values, row by row; copied.</param>
    public static TableDataColumn OfBooleans(string name, IEnumerable<bool> values) => new Scalars<bool>(name, BooleanDataViewType.Instance, [.. values]);

    /// <summary>Makes a column of vectors of <see cref="double"/>, all of one length.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="slotNames">The names of the vectors' places: as many as each vector is long.</param>
    /// <param name="values">The vectors, row by row; copied.</param>
    public static TableDataColumn OfVectors(string name, IEnumerable<string> slotNames, IEnumerable<IReadOnlyList<double>> values) => OfVectors(name, NumberDataViewType.Double, slotNames, values);

    /// <summary>Makes a column of vectors of <see cref="bool"/>, all of one length, such as the labels of multi-label classification.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="slotNames">The names of the vectors' places: as many as each vector is long.</param>
    /// <param name="values">The vectors, row by row; copied.</param>
    public static TableDataColumn OfBooleanVectors(string name, IEnumerable<string> slotNames, IEnumerable<IReadOnlyList<bool>> values) => OfVectors(name, BooleanDataViewType.Instance, slotNames, values);

    /// <summary>A getter of the row that <paramref name="current"/> names whenever it is called; of type <see cref="ValueGetter{TValue}"/>.</summary>
    internal abstract Delegate Getter(Func<int> current);

    private sealed class Scalars<T>(string name, DataViewType type, T[] values) : TableDataColumn(name, type, null)
    {
        public override int Count => values.Length;

        internal override Delegate Getter(Func<int> current) => (ValueGetter<T>)((ref T value) => value = values[current()]);
    }

    private static VectorColumn<T> OfVectors<T>(string name, PrimitiveDataViewType item, IEnumerable<string> slotNames, IEnumerable<IReadOnlyList<T>> values)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(slotNames);
        ArgumentNullException.ThrowIfNull(values);
        var annotations = new DataViewSchema.Annotations.Builder();
        ReadOnlyMemory<char>[] slots = [.. slotNames.Select(slot => slot.AsMemory())];
        SlotNames.Add(annotations, slots);
        return new VectorColumn<T>(name, new VectorDataViewType(item, slots.Length), annotations.ToAnnotations(), [.. values.Select(vector => vector.ToArray())]);
    }

    private sealed class VectorColumn<T>(string name, VectorDataViewType type, DataViewSchema.Annotations annotations, T[][] values) : TableDataColumn(name, type, annotations)
        where T : unmanaged
    {
        public override int Count => values.Length;

        internal override Delegate Getter(Func<int> current) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => Vectors.Copy<T>(values[current()], ref value));
    }
}

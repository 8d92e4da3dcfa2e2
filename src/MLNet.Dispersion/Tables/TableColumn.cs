using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>One column of a small table in memory.</summary>
internal abstract class TableColumn
{
    private TableColumn(string name, DataViewType type, DataViewSchema.Annotations? annotations)
    {
        Name = name;
        Type = type;
        Annotations = annotations;
    }

    internal string Name { get; }

    internal DataViewType Type { get; }

    internal DataViewSchema.Annotations? Annotations { get; }

    /// <summary>The number of values.</summary>
    internal abstract int Count { get; }

    internal static TableColumn OfIntegers(string name, IEnumerable<int> values) => new Scalars<int>(name, NumberDataViewType.Int32, [.. values]);

    internal static TableColumn OfNumbers(string name, IEnumerable<double> values) => new Scalars<double>(name, NumberDataViewType.Double, [.. values]);

    internal static TableColumn OfTexts(string name, IEnumerable<string> values) => new Scalars<ReadOnlyMemory<char>>(name, TextDataViewType.Instance, [.. values.Select(text => text.AsMemory())]);

    /// <summary>Vectors of one length.</summary>
    internal static TableColumn OfVectors(string name, IEnumerable<string> slotNames, IEnumerable<IReadOnlyList<double>> values)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        ReadOnlyMemory<char>[] slots = [.. slotNames.Select(slot => slot.AsMemory())];
        SlotNames.Add(annotations, slots);
        return new VectorsOfNumbers(name, slots.Length, annotations.ToAnnotations(), [.. values.Select(vector => vector.ToArray())]);
    }

    /// <summary>A getter of the row that <paramref name="current"/> names whenever it is called; of type <see cref="ValueGetter{TValue}"/>.</summary>
    internal abstract Delegate Getter(Func<int> current);

    private sealed class Scalars<T>(string name, DataViewType type, T[] values) : TableColumn(name, type, null)
    {
        internal override int Count => values.Length;

        internal override Delegate Getter(Func<int> current) => (ValueGetter<T>)((ref T value) => value = values[current()]);
    }

    private sealed class VectorsOfNumbers(string name, int length, DataViewSchema.Annotations annotations, double[][] values)
        : TableColumn(name, new VectorDataViewType(NumberDataViewType.Double, length), annotations)
    {
        internal override int Count => values.Length;

        internal override Delegate Getter(Func<int> current) => (ValueGetter<VBuffer<double>>)((ref VBuffer<double> value) => Vectors.Copy<double>(values[current()], ref value));
    }
}

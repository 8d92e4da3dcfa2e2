using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>What the classes are called: the values that the label had before it became a key, of whatever type they are.</summary>
internal abstract class ClassValues
{
    /// <summary>The annotation of a key column that holds its values.</summary>
    internal const string Annotation = "KeyValues";

    internal abstract ClassValueKind Kind { get; }

    internal abstract int Count { get; }

    /// <summary>The values as text, for tables and messages.</summary>
    internal abstract ReadOnlyMemory<char>[] Names { get; }

    /// <summary>The values of a label column, or null where it has none (or of a type that cannot be carried along).</summary>
    internal static ClassValues? Of(DataViewSchema.Column label, int classCount)
    {
        DataViewType? type = label.Annotations.Schema.GetColumnOrNull(Annotation)?.Type;
        return type is VectorDataViewType { IsKnownSize: true } vector && vector.Size == classCount
            ? ClassValueKind.Find(vector.ItemType)?.Copy(label)
            : null;
    }

    /// <summary>Stand-ins of the same type for the values that a label column is promised to have, or null where it promises none.</summary>
    internal static ClassValues? Promised(SchemaShape.Column label, int classCount)
    {
        SchemaShape.Column values = label.Annotations?.FirstOrDefault(annotation => annotation.Name == Annotation) ?? default;
        return values is { Name: not null, Kind: SchemaShape.Column.VectorKind.Vector, IsKey: false }
            ? ClassValueKind.Find(values.ItemType)?.Placeholder(classCount)
            : null;
    }

    /// <summary>Adds the values, with their own type, as an annotation.</summary>
    internal abstract void Annotate(DataViewSchema.Annotations.Builder annotations, string name);

    /// <summary>Writes the values, without their kind and number.</summary>
    internal abstract void Write(BinaryWriter writer);
}

/// <summary>Class values of one type.</summary>
internal sealed class ClassValues<T>(ClassValueKind kind, T[] values, Action<BinaryWriter, T> write) : ClassValues
{
    internal override ClassValueKind Kind => kind;

    internal override int Count => values.Length;

    internal override ReadOnlyMemory<char>[] Names { get; } = [.. values.Select(NameOf)];

    internal override void Annotate(DataViewSchema.Annotations.Builder annotations, string name)
    {
        ValueGetter<VBuffer<T>> getter = (ref VBuffer<T> into) => new VBuffer<T>(values.Length, values).CopyTo(ref into);
        annotations.Add(name, new VectorDataViewType(kind.Type, values.Length), getter);
    }

    internal override void Write(BinaryWriter writer)
    {
        foreach (T value in values)
        {
            write(writer, value);
        }
    }

    private static ReadOnlyMemory<char> NameOf(T value) => value switch
    {
        ReadOnlyMemory<char> text => text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture).AsMemory(),
        _ => value?.ToString().AsMemory() ?? default,
    };
}

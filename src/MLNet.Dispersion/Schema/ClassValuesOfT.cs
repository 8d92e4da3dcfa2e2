using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

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

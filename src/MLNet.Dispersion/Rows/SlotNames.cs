using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Names the slots of a vector column.</summary>
internal static class SlotNames
{
    /// <summary>The annotation of a vector column that holds them.</summary>
    internal const string Annotation = "SlotNames";

    internal static void Add(DataViewSchema.Annotations.Builder annotations, ReadOnlyMemory<char>[] names)
    {
        ValueGetter<VBuffer<ReadOnlyMemory<char>>> getter = (ref VBuffer<ReadOnlyMemory<char>> into) => new VBuffer<ReadOnlyMemory<char>>(names.Length, names).CopyTo(ref into);
        annotations.Add(Annotation, new VectorDataViewType(TextDataViewType.Instance, names.Length), getter);
    }
}

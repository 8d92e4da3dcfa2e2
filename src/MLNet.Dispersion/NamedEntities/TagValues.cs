using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Reads columns of tags for evaluation.</summary>
internal static class TagValues
{
    internal static IReadOnlyList<string>[] Read(IDataView data, string name)
    {
        if (data.Schema.GetColumnOrNull(name) is not { } column)
        {
            throw new ArgumentException($"There is no column '{name}'. The data has {string.Join(", ", data.Schema.Select(other => $"'{other.Name}'"))}.", nameof(name));
        }

        switch (column.Type)
        {
            case VectorDataViewType { ItemType: TextDataViewType }:
                return [.. data.GetColumn<VBuffer<ReadOnlyMemory<char>>>(column).Select(tags => tags.DenseValues().Select(tag => tag.ToString()).ToArray())];
            case VectorDataViewType { ItemType: KeyDataViewType } when column.Annotations.Schema.GetColumnOrNull("KeyValues")?.Type is VectorDataViewType { ItemType: TextDataViewType }:
                string[] known = Vectors.KeyNames(column);
                return [.. data.GetColumn<VBuffer<uint>>(column).Select(keys => keys.DenseValues().Select(key => key == 0 ? "" : known[key - 1]).ToArray())];
            default:
                throw new ArgumentException($"Column '{name}' is {column.Type}; tags are a vector of text, or of keys of text.", nameof(name));
        }
    }
}

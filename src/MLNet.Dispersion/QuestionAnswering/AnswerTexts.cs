using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Reads columns of answers for evaluation.</summary>
internal static class AnswerTexts
{
    internal static string[][] Read(IDataView data, string name)
    {
        if (data.Schema.GetColumnOrNull(name) is not { } column)
        {
            throw new ArgumentException($"There is no column '{name}'. The data has {string.Join(", ", data.Schema.Select(other => $"'{other.Name}'"))}.", nameof(name));
        }

        return column.Type switch
        {
            TextDataViewType => [.. data.GetColumn<ReadOnlyMemory<char>>(column).Select(text => new[] { text.ToString() })],
            VectorDataViewType { ItemType: TextDataViewType } => [.. data.GetColumn<VBuffer<ReadOnlyMemory<char>>>(column).Select(texts => texts.DenseValues().Select(text => text.ToString()).ToArray())],
            _ => throw new ArgumentException($"Column '{name}' is {column.Type}; answers are text, or a vector of text.", nameof(name)),
        };
    }
}

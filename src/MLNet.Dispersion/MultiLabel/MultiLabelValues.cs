using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Reads columns of labels for evaluation.</summary>
internal static class MultiLabelValues
{
    internal static bool[][] Read(IDataView data, string name)
    {
        if (data.Schema.GetColumnOrNull(name) is not { } column)
        {
            throw new ArgumentException($"There is no column '{name}'. The data has {string.Join(", ", data.Schema.Select(other => $"'{other.Name}'"))}.", nameof(name));
        }

        return column.Type switch
        {
            VectorDataViewType { ItemType: BooleanDataViewType } => [.. data.GetColumn<VBuffer<bool>>(column).Select(values => values.DenseValues().ToArray())],
            VectorDataViewType { ItemType: NumberDataViewType number } when number == NumberDataViewType.Single => [.. data.GetColumn<VBuffer<float>>(column).Select((values, row) => Flags(values, row, name))],
            _ => throw new ArgumentException($"Column '{name}' is {column.Type}; labels are a vector of Boolean, or of Single with 1 and 0.", nameof(name)),
        };
    }

    private static bool[] Flags(VBuffer<float> values, int row, string name) =>
    [
        .. values.DenseValues().Select((value, slot) => value is 0 or 1
            ? value > 0
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Column '{name}', slot {slot}, of row {row} (from 0) is {value}; true labels are 1 or 0. Filter such rows out."), nameof(name))),
    ];
}

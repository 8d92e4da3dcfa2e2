using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data with a yes or no for each label.</summary>
/// <param name="columns">The columns.</param>
/// <param name="names">The names of the labels; null where nobody gave any.</param>
/// <param name="storage">Where texts are kept.</param>
internal sealed class MultiLabelRows(MultiLabelColumns columns, IReadOnlyList<string>? names, RowStorage storage) : LabelledRows(columns, storage)
{
    private readonly List<bool[]> _labels = [];
    private readonly Dictionary<string, bool[]> _known = new(StringComparer.Ordinal);
    private (int Row, int Slot, float Value)? _other;

    /// <summary>One list a text.</summary>
    internal IReadOnlyList<IReadOnlyList<bool>> Labels => _labels;

    /// <exception cref="ArgumentException">A number is neither 1 nor 0, no row has labels, all rows have the same ones, or none has one of them.</exception>
    internal override void CheckTrainable(IExceptionContext context)
    {
        if (_other is var (row, slot, value))
        {
            throw context.Process(new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"The label in column '{Columns.Label}', slot {slot}, of row {row} (from 0) is {value}; as numbers, labels must be 1 (has it), 0 (has it not) or NaN (not known, which leaves the row out).")));
        }

        if (_labels.Count == 0)
        {
            throw context.Process(new ArgumentException(NoRows() + " Fit needs rows of different labels."));
        }

        if (_labels.TrueForAll(labels => labels.AsSpan().SequenceEqual(_labels[0])))
        {
            throw context.Process(new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"All {_labels.Count} training rows have the same labels in column '{Columns.Label}'. Fit needs rows of different labels.")));
        }

        int never = Enumerable.Range(0, _labels[0].Length).FirstOrDefault(label => _labels.TrueForAll(labels => !labels[label]), -1);
        if (never >= 0)
        {
            string name = names is null ? "" : $" ('{names[never]}')";
            throw context.Process(new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"The label in column '{Columns.Label}', slot {never}{name}, is that of none of the {_labels.Count} training rows (rows 0 to {RowsRead - 1}), so it cannot be learnt. Add rows that have it, or leave the slot out.")));
        }
    }

    private protected override Func<bool> LabelReader(DataViewRowCursor cursor, DataViewSchema.Column label) =>
        ((VectorDataViewType)label.Type).ItemType is BooleanDataViewType ? Reader<bool>(cursor, label, (value, _) => value) : Reader<float>(cursor, label, Taken);

    private Func<bool> Reader<T>(DataViewRowCursor cursor, DataViewSchema.Column label, Func<T, int, bool?> read)
    {
        ValueGetter<VBuffer<T>> getter = cursor.GetGetter<VBuffer<T>>(label);
        VBuffer<T> values = default;
        return () =>
        {
            getter(ref values);
            bool?[] taken = [.. values.DenseValues().Select(read)];
            if (taken.Length == 0 || taken.Contains(null))
            {
                return false;
            }

            // Rows of the same labels share the list.
            string key = string.Concat(taken.Select(has => has!.Value ? '1' : '0'));
            if (!_known.TryGetValue(key, out bool[]? labels))
            {
                _known.Add(key, labels = [.. taken.Select(has => has!.Value)]);
            }

            _labels.Add(labels);
            return true;
        };
    }

    // NaN is "missing"; a bool is never.
    private bool? Taken(float value, int slot)
    {
        if (value is not (0 or 1) && !float.IsNaN(value))
        {
            _other ??= (RowsRead - 1, slot, value);
        }

        return float.IsNaN(value) ? null : value > 0;
    }
}

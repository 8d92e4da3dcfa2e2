using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data with a yes or no each.</summary>
internal sealed class BinaryRows(BinaryColumns columns, RowStorage storage) : LabelledRows<bool>(columns, storage)
{
    private (int Row, float Label)? _other;

    /// <exception cref="ArgumentException">A number is neither 1 nor 0, no row has a label, or all rows have the same one.</exception>
    internal override void CheckTrainable(IExceptionContext context)
    {
        if (_other is var (row, value))
        {
            throw context.Process(new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"The label in column '{Columns.Label}' of row {row} (from 0) is {value}; as numbers, labels must be 1 (yes), 0 (no) or NaN (missing). Convert the column, or filter such rows out.")));
        }

        if (Labels.Count == 0)
        {
            throw context.Process(new ArgumentException(NoRows() + " Fit needs rows of both labels."));
        }

        if (AllSame(out bool label))
        {
            throw context.Process(new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"All {Labels.Count} training rows have the same label, {label}, in column '{Columns.Label}'. Fit needs rows of both labels.")));
        }
    }

    private protected override Func<bool> LabelReader(DataViewRowCursor cursor, DataViewSchema.Column label) =>
        label.Type is BooleanDataViewType ? Reader<bool>(cursor, label, value => value) : Reader<float>(cursor, label, Taken);

    // NaN is "missing"; a bool is never.
    private bool? Taken(float value)
    {
        if (value is not (0 or 1) && !float.IsNaN(value))
        {
            _other ??= (RowsRead - 1, value);
        }

        return float.IsNaN(value) ? null : value > 0;
    }
}

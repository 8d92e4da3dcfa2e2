using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data with their numbers.</summary>
internal sealed class NumberRows(RegressionColumns columns, RowStorage storage) : LabelledRows<float>(columns, storage)
{
    private (int Row, float Label)? _infinite;

    /// <exception cref="ArgumentException">A label is infinite, no row has a label, or all rows have the same one.</exception>
    internal override void CheckTrainable(IExceptionContext context)
    {
        if (_infinite is var (row, value))
        {
            throw context.Process(new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"The label in column '{Columns.Label}' of row {row} (from 0) is {value}; labels must be finite. Correct it, or filter such rows out.")));
        }

        if (Labels.Count == 0)
        {
            throw context.Process(new ArgumentException(NoRows() + " Fit needs rows of different labels."));
        }

        if (AllSame(out float label))
        {
            throw context.Process(new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"All {Labels.Count} training rows have the same label, {label}, in column '{Columns.Label}'; there is nothing to learn. Fit needs rows of different labels.")));
        }
    }

    private protected override Func<bool> LabelReader(DataViewRowCursor cursor, DataViewSchema.Column label) => Reader<float>(cursor, label, Taken);

    // NaN is "missing".
    private float? Taken(float value)
    {
        if (float.IsInfinity(value))
        {
            _infinite ??= (RowsRead - 1, value);
        }

        return float.IsNaN(value) ? null : value;
    }
}

using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data with their numbers, read once into memory.</summary>
internal sealed class NumberedData : LabelledRows<float>
{
    private readonly List<float> _labels = [];
    private (int Row, float Label)? _infinite;

    private NumberedData(ColumnNames columns)
        : base(columns)
    {
    }

    /// <summary>One a text.</summary>
    internal IReadOnlyList<float> Labels => _labels;

    /// <summary>Reads every row that has a label: NaN is a missing one.</summary>
    internal static NumberedData Read(IDataView data, ColumnNames columns, FitCancellation cancellation)
    {
        var rows = new NumberedData(columns);
        rows.Fill(data, cancellation);
        return rows;
    }

    /// <summary>Checks that there is something to learn.</summary>
    /// <exception cref="ArgumentException">A label is infinite, no row has a label, or all rows have the same one.</exception>
    internal void CheckTrainable(IExceptionContext context)
    {
        if (_infinite is var (row, value))
        {
            throw context.Process(new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"The label in column '{Columns.Label}' of row {row} (from 0) is {value}; labels must be finite. Correct it, or filter such rows out.")));
        }

        if (_labels.Count == 0)
        {
            throw context.Process(new ArgumentException(NoRows() + " Fit needs rows of different labels."));
        }

        if (_labels.TrueForAll(label => label.Equals(_labels[0])))
        {
            throw context.Process(new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"All {_labels.Count} training rows have the same label, {_labels[0]}, in column '{Columns.Label}'; there is nothing to learn. Fit needs rows of different labels.")));
        }
    }

    protected override bool Take(float label)
    {
        if (float.IsNaN(label))
        {
            return false;
        }

        if (float.IsInfinity(label))
        {
            _infinite ??= (RowsRead - 1, label);
        }

        _labels.Add(label);
        return true;
    }
}

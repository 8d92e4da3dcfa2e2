using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data with their classes, read once into memory.</summary>
internal sealed class TrainingData : LabelledRows<uint>
{
    private readonly int _classCount;
    private readonly List<int> _labels = [];

    private TrainingData(ColumnNames columns, int classCount)
        : base(columns) => _classCount = classCount;

    /// <summary>Class indices from 0, one a text.</summary>
    internal IReadOnlyList<int> Labels => _labels;

    /// <summary>Reads every row that has a label.</summary>
    internal static TrainingData Read(IDataView data, ColumnNames columns, int classCount, FitCancellation cancellation)
    {
        var rows = new TrainingData(columns, classCount);
        rows.Fill(data, cancellation);
        return rows;
    }

    /// <summary>Checks that there is something to tell apart.</summary>
    /// <exception cref="ArgumentException">No row has a label, or all rows have the same one.</exception>
    internal void CheckTrainable(IExceptionContext context, int classCount, ClassValues? classes)
    {
        if (_labels.Count == 0)
        {
            throw context.Process(new ArgumentException(NoRows() + " Fit needs rows of at least two classes."));
        }

        if (_labels.TrueForAll(label => label == _labels[0]))
        {
            string name = classes is null ? $"key {_labels[0] + 1}" : $"'{classes.Names[_labels[0]]}'";
            throw context.Process(new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"All {_labels.Count} training rows have the same label, {name}, in column '{Columns.Label}' (its key type counts {classCount}). Fit needs rows of at least two classes.")));
        }
    }

    // Key 0 is "missing".
    protected override bool Take(uint label)
    {
        if (label < 1 || label > _classCount)
        {
            return false;
        }

        _labels.Add((int)label - 1);
        return true;
    }
}

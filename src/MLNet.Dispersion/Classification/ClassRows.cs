using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data with their classes, from 0.</summary>
internal sealed class ClassRows(ClassifierColumns columns, int classCount, ClassValues? classes, RowStorage storage) : LabelledRows<int>(columns, storage)
{
    /// <exception cref="ArgumentException">No row has a label, or all rows have the same one.</exception>
    internal override void CheckTrainable(IExceptionContext context)
    {
        if (Labels.Count == 0)
        {
            throw context.Process(new ArgumentException(NoRows() + " Fit needs rows of at least two classes."));
        }

        if (AllSame(out int label))
        {
            string name = classes is null ? NameOf(label) : $"'{NameOf(label)}'";
            throw context.Process(new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"All {Labels.Count} training rows have the same label, {name}, in column '{Columns.Label}' (its key type counts {classCount}). Fit needs rows of at least two classes.")));
        }
    }

    /// <summary>Tells of classes that no row has as well.</summary>
    internal override void Warn(IChannel channel)
    {
        base.Warn(channel);
        string[] never = [.. Enumerable.Range(0, classCount).Except(Labels).Select(NameOf)];
        if (never.Length > 0 && Labels.Count > 0)
        {
            ChannelLog.Warn(channel, $"{never.Length} of {classCount} classes occur in none of the {Count} training rows and are not learnt: {Printable.FirstTen(never)}.");
        }
    }

    // Key 0 is "missing".
    private protected override Func<bool> LabelReader(DataViewRowCursor cursor, DataViewSchema.Column label) =>
        Reader<uint>(cursor, label, key => key >= 1 && key <= classCount ? (int)key - 1 : null);

    private string NameOf(int label) => classes is null ? string.Create(CultureInfo.InvariantCulture, $"key {label + 1}") : classes.Names[label].ToString();
}

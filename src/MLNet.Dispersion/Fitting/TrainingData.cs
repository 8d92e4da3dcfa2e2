using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion.Schema;

namespace MLNet.Dispersion.Fitting;

/// <summary>The labelled texts of the training data, read once into memory.</summary>
internal sealed class TrainingData
{
    private readonly ColumnNames _columns;
    private readonly List<string> _texts = [];
    private readonly List<int> _labels = [];
    private int _read;
    private int _blank;

    private TrainingData(ColumnNames columns) => _columns = columns;

    internal IReadOnlyList<string> Texts => _texts;

    /// <summary>Class indices from 0, one a text.</summary>
    internal IReadOnlyList<int> Labels => _labels;

    /// <summary>Reads every row that has a label.</summary>
    internal static TrainingData Read(IDataView data, ColumnNames columns, int classCount, FitCancellation cancellation)
    {
        var rows = new TrainingData(columns);
        DataViewSchema.Column textColumn = data.Schema[columns.Text];
        DataViewSchema.Column labelColumn = data.Schema[columns.Label];
        using DataViewRowCursor cursor = data.GetRowCursor([textColumn, labelColumn]);
        ValueGetter<ReadOnlyMemory<char>> readText = cursor.GetGetter<ReadOnlyMemory<char>>(textColumn);
        ValueGetter<uint> readLabel = cursor.GetGetter<uint>(labelColumn);
        ReadOnlyMemory<char> text = default;
        uint label = 0;
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfRequested();
            rows._read++;
            readLabel(ref label);
            if (label >= 1 && label <= classCount)
            {
                readText(ref text);
                rows.Add(text, (int)label - 1);
            }
        }

        return rows;
    }

    /// <summary>Tells of rows that were left out or are empty, once each.</summary>
    internal void Warn(IChannel channel)
    {
        int unlabelled = _read - _texts.Count;
        if (unlabelled > 0)
        {
            Warn(channel, $"{unlabelled} of {_read} rows have no label in column '{_columns.Label}' and are left out of training.");
        }

        if (_blank > 0)
        {
            Warn(channel, $"{_blank} of {_texts.Count} training rows have a null or blank text in column '{_columns.Text}'; they are trained on as empty texts.");
        }
    }

    /// <summary>Checks that there is something to tell apart.</summary>
    /// <exception cref="ArgumentException">No row has a label, or all rows have the same one.</exception>
    internal void CheckTrainable(IExceptionContext context, int classCount, ClassValues? classes)
    {
        if (_texts.Count == 0)
        {
            string cause = _read == 0
                ? "The training data is empty: it has no rows."
                : string.Create(CultureInfo.InvariantCulture, $"None of the {_read} rows of the training data has a label in column '{_columns.Label}'.");
            throw context.Process(new ArgumentException(cause + " Fit needs rows of at least two classes."));
        }

        if (_labels.TrueForAll(label => label == _labels[0]))
        {
            string name = classes is null ? $"key {_labels[0] + 1}" : $"'{classes.Names[_labels[0]]}'";
            throw context.Process(new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"All {_labels.Count} training rows have the same label, {name}, in column '{_columns.Label}' (its key type counts {classCount}). Fit needs rows of at least two classes.")));
        }
    }

    private void Add(ReadOnlyMemory<char> text, int label)
    {
        _texts.Add(text.ToString());
        _labels.Add(label);
        if (text.Span.IsWhiteSpace())
        {
            _blank++;
        }
    }

    private static void Warn(IChannel channel, FormattableString message) =>
        channel.Warning(MessageSensitivity.None, message.ToString(CultureInfo.InvariantCulture));
}

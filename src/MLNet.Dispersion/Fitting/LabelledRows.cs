using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data that have a label, read once into memory.</summary>
/// <typeparam name="TLabel">What the label column holds.</typeparam>
internal abstract class LabelledRows<TLabel>(ColumnNames columns)
{
    private readonly List<string> _texts = [];
    private readonly List<string>? _secondTexts = columns.SecondText is null ? null : [];
    private int _blank;

    /// <summary>The texts, or the first ones of pairs.</summary>
    internal IReadOnlyList<string> Texts => _texts;

    /// <summary>The second ones; null for single texts.</summary>
    internal IReadOnlyList<string>? SecondTexts => _secondTexts;

    /// <summary>The columns that are read.</summary>
    protected ColumnNames Columns => columns;

    /// <summary>Rows of the data, those without a label included.</summary>
    protected int RowsRead { get; private set; }

    /// <summary>Takes a row's label, or says no: the row then is left out.</summary>
    protected abstract bool Take(TLabel label);

    /// <summary>Tells of rows that were left out or are empty, once each.</summary>
    internal void Warn(IChannel channel)
    {
        int unlabelled = RowsRead - _texts.Count;
        if (unlabelled > 0)
        {
            FitLog.Warn(channel, $"{unlabelled} of {RowsRead} rows have no label in column '{columns.Label}' and are left out of training.");
        }

        if (_blank > 0)
        {
            FitLog.Warn(channel, $"{_blank} of {_texts.Count} training rows have a null or blank text in column '{columns.Text}'; they are trained on as empty texts.");
        }
    }

    /// <summary>Reads every row that has a label.</summary>
    protected void Fill(IDataView data, FitCancellation cancellation)
    {
        DataViewSchema.Column textColumn = data.Schema[columns.Text];
        DataViewSchema.Column secondColumn = data.Schema[columns.SecondText ?? columns.Text];
        DataViewSchema.Column labelColumn = data.Schema[columns.Label];
        using DataViewRowCursor cursor = data.GetRowCursor([textColumn, secondColumn, labelColumn]);
        ValueGetter<ReadOnlyMemory<char>> readText = cursor.GetGetter<ReadOnlyMemory<char>>(textColumn);
        ValueGetter<ReadOnlyMemory<char>> readSecond = cursor.GetGetter<ReadOnlyMemory<char>>(secondColumn);
        ValueGetter<TLabel> readLabel = cursor.GetGetter<TLabel>(labelColumn);
        TLabel label = default!;
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfRequested();
            RowsRead++;
            readLabel(ref label);
            if (Take(label))
            {
                Add(readText, readSecond);
            }
        }
    }

    /// <summary>What there is to say when no row has a label.</summary>
    protected string NoRows() => RowsRead == 0
        ? "The training data is empty: it has no rows."
        : string.Create(CultureInfo.InvariantCulture, $"None of the {RowsRead} rows of the training data has a label in column '{columns.Label}'.");

    private void Add(ValueGetter<ReadOnlyMemory<char>> readText, ValueGetter<ReadOnlyMemory<char>> readSecond)
    {
        ReadOnlyMemory<char> text = default;
        readText(ref text);
        _texts.Add(text.ToString());
        bool blank = text.Span.IsWhiteSpace();
        if (_secondTexts is not null)
        {
            readSecond(ref text);
            _secondTexts.Add(text.ToString());
            blank &= text.Span.IsWhiteSpace();
        }

        _blank += blank ? 1 : 0;
    }
}

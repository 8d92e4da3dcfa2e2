using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data that have a label, read once: into memory, or into a file where they are large.</summary>
/// <param name="columns">The columns that are read.</param>
/// <param name="storage">Where texts are kept.</param>
internal abstract class LabelledRows(TaskColumns columns, RowStorage storage) : IDisposable
{
    private readonly StoredTexts _texts = new(storage);
    private readonly StoredTexts? _secondTexts = columns.SecondText is null ? null : new(storage);
    private readonly List<float>? _weights = columns.ExampleWeight is null ? null : [];
    private int _blank;

    /// <summary>The texts, or the first ones of pairs.</summary>
    internal IReadOnlyList<string> Texts => _texts;

    /// <summary>The second ones; null for single texts.</summary>
    internal IReadOnlyList<string>? SecondTexts => _secondTexts;

    /// <summary>How much each counts; null where all count the same.</summary>
    internal IReadOnlyList<float>? Weights => _weights;

    /// <summary>The columns that are read.</summary>
    internal TaskColumns Columns => columns;

    /// <summary>Where texts are kept.</summary>
    protected RowStorage Storage => storage;

    /// <summary>Rows of the data, those without a label included.</summary>
    protected int RowsRead { get; private set; }

    /// <summary>How many were taken.</summary>
    internal int Count { get; private set; }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        _texts.Dispose();
        _secondTexts?.Dispose();
    }

    /// <summary>Reads every row that has a label.</summary>
    internal void Fill(IDataView data, FitCancellation cancellation)
    {
        RowsRead = 0;
        TrainingReader.Read(data, columns.Read, cancellation, cursor =>
        {
            Func<bool> takeLabel = LabelReader(cursor, cursor.Schema[columns.HasLabel ? columns.Label : columns.Text]);
            Action takeText = TextReader(cursor);
            Func<int, float>? readWeight = RowWeight.Reader(cursor, columns.ExampleWeight);
            return () =>
            {
                RowsRead++;
                if (takeLabel())
                {
                    Count++;
                    takeText();
                    if (readWeight is not null)
                    {
                        _weights!.Add(readWeight(RowsRead - 1));
                    }
                }
            };
        });

        if (_weights is not null)
        {
            RowWeight.RequireAny(_weights, columns.ExampleWeight!);
        }
    }

    /// <summary>How many are learnt from or held out each as a whole, in the order of the rows.</summary>
    internal virtual int Examples => Count;

    /// <summary>How many texts training encodes, or pairs of them, and what messages call them.</summary>
    internal virtual (int Count, string Name) Encoded => (Count, "rows");

    /// <summary>Tells of rows that were left out or are empty, once each.</summary>
    internal virtual void Warn(IChannel channel)
    {
        int unlabelled = RowsRead - Count;
        if (unlabelled > 0)
        {
            ChannelLog.Warn(channel, $"{unlabelled} of {RowsRead} rows have no label in column '{columns.Label}' and are left out of training.");
        }

        if (_blank > 0)
        {
            ChannelLog.Warn(channel, $"{_blank} of {Count} training rows have a null or blank text in column '{columns.Text}'; they are trained on as empty texts.");
        }
    }

    /// <summary>Checks that there is something to learn.</summary>
    /// <exception cref="ArgumentException">No row has a label, all have the same one, or one is not to be learnt from.</exception>
    internal abstract void CheckTrainable(IExceptionContext context);

    /// <summary>Checks that rows behind the first ones, which are to be held out, do not belong to what is learnt from.</summary>
    /// <param name="context">For errors.</param>
    /// <param name="first">How many rows are learnt from.</param>
    /// <exception cref="ArgumentException">They do.</exception>
    internal virtual void CheckApart(IExceptionContext context, int first)
    {
    }

    /// <summary>What takes the label of the row that the cursor stands on, or says no: the row then is left out.</summary>
    private protected abstract Func<bool> LabelReader(DataViewRowCursor cursor, DataViewSchema.Column label);

    /// <summary>What takes the text of the row that the cursor stands on.</summary>
    private protected virtual Action TextReader(DataViewRowCursor cursor)
    {
        Func<bool> first = TrainingReader.TextInto(cursor, columns.Text, _texts);
        Func<bool>? second = columns.SecondText is { } name ? TrainingReader.TextInto(cursor, name, _secondTexts!) : null;
        return () =>
        {
            bool blank = first();
            blank &= second is null || second();
            _blank += blank ? 1 : 0;
        };
    }

    /// <summary>What there is to say when no row has a label.</summary>
    protected string NoRows() => RowsRead == 0
        ? "The training data is empty: it has no rows."
        : string.Create(CultureInfo.InvariantCulture, $"None of the {RowsRead} rows of the training data has a label in column '{columns.Label}'.");
}

/// <summary>Such rows with their labels, as training takes them.</summary>
/// <typeparam name="TLabel">What training takes.</typeparam>
internal abstract class LabelledRows<TLabel>(TaskColumns columns, RowStorage storage) : LabelledRows(columns, storage)
    where TLabel : struct
{
    private readonly List<TLabel> _labels = [];

    /// <summary>One a text.</summary>
    internal IReadOnlyList<TLabel> Labels => _labels;

    /// <summary>What takes labels from a column.</summary>
    /// <param name="cursor">The cursor.</param>
    /// <param name="label">A column of <typeparamref name="TColumn"/>.</param>
    /// <param name="read">Turns a value of the column into a label; null where there is none.</param>
    protected Func<bool> Reader<TColumn>(DataViewRowCursor cursor, DataViewSchema.Column label, Func<TColumn, TLabel?> read)
    {
        ValueGetter<TColumn> getter = cursor.GetGetter<TColumn>(label);
        TColumn value = default!;
        return () =>
        {
            getter(ref value);
            if (read(value) is not { } taken)
            {
                return false;
            }

            _labels.Add(taken);
            return true;
        };
    }

    /// <summary>Whether all rows have the same label; there is at least one row.</summary>
    protected bool AllSame(out TLabel label)
    {
        label = _labels[0];
        return _labels.TrueForAll(other => EqualityComparer<TLabel>.Default.Equals(other, _labels[0]));
    }
}

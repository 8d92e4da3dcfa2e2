using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data, read once into memory.</summary>
internal sealed class TrainingTexts
{
    private readonly string _column;
    private readonly List<string> _texts = [];
    private int _blank;

    private TrainingTexts(string column) => _column = column;

    /// <summary>Those that are not blank.</summary>
    internal IReadOnlyList<string> Texts => _texts;

    /// <summary>Reads the text column alone.</summary>
    internal static TrainingTexts Read(IDataView data, string column, FitCancellation cancellation)
    {
        var texts = new TrainingTexts(column);
        DataViewSchema.Column textColumn = data.Schema[column];
        using DataViewRowCursor cursor = data.GetRowCursor([textColumn]);
        ValueGetter<ReadOnlyMemory<char>> read = cursor.GetGetter<ReadOnlyMemory<char>>(textColumn);
        ReadOnlyMemory<char> text = default;
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfRequested();
            read(ref text);
            if (text.Span.IsWhiteSpace())
            {
                texts._blank++;
            }
            else
            {
                texts._texts.Add(text.ToString());
            }
        }

        return texts;
    }

    /// <summary>Tells of rows that were left out.</summary>
    internal void Warn(IChannel channel)
    {
        if (_blank > 0)
        {
            ChannelLog.Warn(channel, $"{_blank} of {_texts.Count + _blank} rows have a null or blank text in column '{_column}' and are left out of training.");
        }
    }

    /// <summary>Checks that there is something to learn.</summary>
    /// <exception cref="ArgumentException">There are no rows, or all texts are blank.</exception>
    internal void CheckTrainable(IExceptionContext context)
    {
        if (_texts.Count == 0)
        {
            throw context.Process(new ArgumentException(_blank == 0
                ? "The training data is empty: it has no rows. Fit needs at least one text."
                : FormattableString.Invariant($"All {_blank} rows of the training data have a null or blank text in column '{_column}'. Fit needs at least one text.")));
        }
    }
}

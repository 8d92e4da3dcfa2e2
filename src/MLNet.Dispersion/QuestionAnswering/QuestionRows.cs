using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The questions of the training data with their contexts and answers.</summary>
internal sealed class QuestionRows(AnswerColumns columns, RowStorage storage) : LabelledRows(columns, storage)
{
    private readonly StoredTexts _answers = new(storage);
    private readonly List<int> _starts = [];
    private readonly List<int> _rows = [];

    /// <summary>The answers.</summary>
    internal IReadOnlyList<AnswerSpan> Labels => new LazyList<AnswerSpan>(_answers.Count, row => new AnswerSpan(_answers[row], _starts[row]));

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _answers.Dispose();
    }

    /// <exception cref="ArgumentException">There is no row, or none has an answer.</exception>
    internal override void CheckTrainable(IExceptionContext context)
    {
        if (Labels.Count == 0)
        {
            throw context.Process(new ArgumentException(NoRows() + " Fit needs questions with answers."));
        }

        if (!Labels.Any(answer => answer.Exists))
        {
            throw context.Process(new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"None of the {Labels.Count} training rows has an answer in column '{columns.Label}'; there is nothing to learn.")));
        }

        foreach (var (place, answer) in Labels.Index())
        {
            if (answer.Problem(Texts[place]) is { } problem)
            {
                throw context.Process(new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Row {_rows[place]} (from 0), columns '{columns.Label}' and '{columns.Index}': {problem}")));
            }
        }
    }

    // An empty answer is one: that the context has none.
    private protected override Func<bool> LabelReader(DataViewRowCursor cursor, DataViewSchema.Column label)
    {
        ValueGetter<ReadOnlyMemory<char>> readText = cursor.GetGetter<ReadOnlyMemory<char>>(label);
        ValueGetter<int> readIndex = cursor.GetGetter<int>(cursor.Schema[columns.Index]);
        ReadOnlyMemory<char> text = default;
        int index = 0;
        return () =>
        {
            readText(ref text);
            readIndex(ref index);
            _rows.Add(RowsRead - 1);
            _answers.Add(text.ToString());
            _starts.Add(index);
            return true;
        };
    }
}

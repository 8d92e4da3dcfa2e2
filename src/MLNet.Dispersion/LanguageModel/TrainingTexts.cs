using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data, read once: into memory, or into a file where they are large.</summary>
/// <param name="column">The text column.</param>
/// <param name="weightColumn">The column of how much each counts; null where all count the same.</param>
/// <param name="memoryBytes">The most bytes of them in memory.</param>
internal sealed class TrainingTexts(string column, string? weightColumn, long memoryBytes) : IDisposable
{
    private readonly StoredTexts _texts = new(new RowStorage { MemoryBytes = memoryBytes });
    private readonly List<float>? _weights = weightColumn is null ? null : [];
    private int _blank;

    /// <summary>Those that are not blank.</summary>
    internal IReadOnlyList<string> Texts => _texts;

    /// <summary>How much each of them counts; null where all count the same.</summary>
    internal IReadOnlyList<float>? Weights => _weights;

    /// <summary>Reads these columns alone.</summary>
    /// <exception cref="ArgumentException">A weight is negative or no finite number; the message names its row.</exception>
    internal void Read(IDataView data, FitCancellation cancellation) => TrainingReader.Read(data, weightColumn is null ? [column] : [column, weightColumn], cancellation, cursor =>
    {
        Func<string> read = TextBuffer.Reader(cursor, cursor.Schema[column]);
        Func<int, float>? readWeight = RowWeight.Reader(cursor, weightColumn);
        return () =>
        {
            string text = read();
            if (string.IsNullOrWhiteSpace(text))
            {
                _blank++;
                return;
            }

            if (readWeight is not null)
            {
                _weights!.Add(readWeight(_texts.Count + _blank));
            }

            _texts.Add(text);
        };
    });

    /// <inheritdoc/>
    public void Dispose() => _texts.Dispose();

    /// <summary>Tells of rows that were left out.</summary>
    internal void Warn(IChannel channel)
    {
        if (_blank > 0)
        {
            ChannelLog.Warn(channel, $"{_blank} of {_texts.Count + _blank} rows have a null or blank text in column '{column}' and are left out of training.");
        }
    }

    /// <summary>Checks that there is something to learn.</summary>
    /// <exception cref="ArgumentException">There are no rows, or all texts are blank or of weight 0.</exception>
    internal void CheckTrainable(IExceptionContext context)
    {
        if (_texts.Count == 0)
        {
            throw context.Process(new ArgumentException(_blank == 0
                ? "The training data is empty: it has no rows. Fit needs at least one text."
                : FormattableString.Invariant($"All {_blank} rows of the training data have a null or blank text in column '{column}'. Fit needs at least one text.")));
        }

        if (_weights is not null)
        {
            RowWeight.RequireAny(_weights, weightColumn!);
        }
    }
}

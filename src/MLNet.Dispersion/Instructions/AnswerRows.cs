using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>The rows of the training data, read once: into memory, or into a file where they are large.</summary>
/// <param name="First">Of the first column.</param>
/// <param name="Second">Of the second; null where there is none.</param>
/// <param name="Third">Of the third; null where there is none.</param>
/// <param name="Weights">How much each counts; null where all count the same.</param>
internal sealed record AnswerRows(StoredTexts First, StoredTexts? Second, StoredTexts? Third, List<float>? Weights) : IDisposable
{
    internal int Count => First.Count;

    /// <inheritdoc/>
    public void Dispose()
    {
        First.Dispose();
        Second?.Dispose();
        Third?.Dispose();
    }

    /// <summary>How much a row counts.</summary>
    internal float WeightOf(int row) => Weights?[row] ?? 1;
}

/// <summary>Reads the rows of a training, and lets go of them.</summary>
/// <param name="memoryBytes">The most bytes of texts in memory.</param>
/// <param name="cancellation">The ways to cancel it.</param>
internal sealed class AnswerSets(long memoryBytes, FitCancellation cancellation) : IDisposable
{
    private readonly RowStorage _storage = new() { MemoryBytes = memoryBytes };
    private readonly List<AnswerRows> _read = [];

    /// <inheritdoc/>
    public void Dispose() => _read.ForEach(rows => rows.Dispose());

    /// <exception cref="ArgumentException">There is no row.</exception>
    internal AnswerRows Read(IDataView data, string first, string? second, string? third, string? weight)
    {
        var rows = new AnswerRows(new(_storage), second is null ? null : new(_storage), third is null ? null : new(_storage), weight is null ? null : []);
        _read.Add(rows);
        TrainingReader.Read(data, [first, second, third, weight], cancellation, cursor =>
        {
            Func<bool> takeFirst = TrainingReader.TextInto(cursor, first, rows.First);
            Func<bool>? takeSecond = second is null ? null : TrainingReader.TextInto(cursor, second, rows.Second!);
            Func<bool>? takeThird = third is null ? null : TrainingReader.TextInto(cursor, third, rows.Third!);
            ValueGetter<float>? readWeight = weight is null ? null : cursor.GetGetter<float>(cursor.Schema[weight]);
            float counted = 1;
            return () =>
            {
                takeFirst();
                takeSecond?.Invoke();
                takeThird?.Invoke();
                readWeight?.Invoke(ref counted);
                rows.Weights?.Add(counted);
            };
        });
        return rows.Count > 0 ? rows : throw new ArgumentException("The training data is empty: it has no rows. Fit needs at least one.");
    }
}

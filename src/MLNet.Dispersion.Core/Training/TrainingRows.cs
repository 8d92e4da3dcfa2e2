using MLNet.Dispersion.Data;

namespace MLNet.Dispersion.Training;

/// <summary>Tokenised rows in memory, with labels where the task has them.</summary>
internal sealed class TrainingRows
{
    internal TrainingRows(IReadOnlyList<int[]> sequences, IReadOnlyList<int>? labels)
    {
        Sequences = sequences;
        Labels = labels;
    }

    internal IReadOnlyList<int[]> Sequences { get; }

    internal IReadOnlyList<int>? Labels { get; }

    internal int Count => Sequences.Count;

    internal TrainingRows Subset(IReadOnlyList<int> rows) =>
        new([.. rows.Select(row => Sequences[row])], Labels is null ? null : [.. rows.Select(row => Labels[row])]);

    internal TaskBatch Batch(IReadOnlyList<int> rows, int padId)
    {
        var tokens = TokenBatch.Pad([.. rows.Select(row => Sequences[row])], padId);
        return Labels is null
            ? new TaskBatch(tokens, [], tokens.TokenCount - tokens.Rows)
            : new TaskBatch(tokens, [.. rows.Select(row => (long)Labels[row])], tokens.Rows);
    }
}

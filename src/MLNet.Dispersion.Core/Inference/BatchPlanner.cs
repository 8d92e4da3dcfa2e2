namespace MLNet.Dispersion;

/// <summary>Decides which rows go through the model together, so that rows of like length share a batch and little is spent on padding.</summary>
/// <remarks>Plans hold row indices only. Immutable and thread-safe; the same arguments give the same plan on every machine.</remarks>
public sealed class BatchPlanner
{
    /// <summary>Batches per window of shuffled rows when nothing else is said: enough to save most padding, few enough to keep batches random.</summary>
    public const int DefaultBatchesPerWindow = 50;

    private const int FewestWindows = 4;
    private readonly int[] _lengths;
    private readonly int _batchSize;
    private readonly int _batchesPerWindow;

    /// <summary>Creates a planner for rows of known length.</summary>
    /// <param name="lengths">The tokens of each row; copied.</param>
    /// <param name="batchSize">The most rows of a batch. At least 1.</param>
    /// <param name="batchesPerWindow">The most batches over which shuffled rows are sorted by length. At least 1, which sorts nothing that matters; more saves padding and makes batches less random. Default <see cref="DefaultBatchesPerWindow"/>. Few rows get fewer, so that there are about four windows and each epoch has other batches.</param>
    /// <exception cref="ArgumentOutOfRangeException">A length is negative, or a number is below 1.</exception>
    public BatchPlanner(IReadOnlyList<int> lengths, int batchSize, int batchesPerWindow = DefaultBatchesPerWindow)
    {
        ArgumentNullException.ThrowIfNull(lengths);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchesPerWindow, 1);
        _lengths = [.. lengths];
        int negative = Array.FindIndex(_lengths, length => length < 0);
        if (negative >= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(lengths), _lengths[negative], $"Row {negative} has length {_lengths[negative]}; a length must be at least 0.");
        }

        _batchSize = Math.Min(batchSize, Math.Max(1, _lengths.Length));
        _batchesPerWindow = Math.Clamp(_lengths.Length / FewestWindows / _batchSize, 1, batchesPerWindow);
    }

    /// <summary>Gets the number of batches of every plan.</summary>
    public int BatchCount => (_lengths.Length + _batchSize - 1) / _batchSize;

    /// <summary>A plan for training: rows shuffled, sorted by length within windows, cut into batches, and these shuffled. One batch at most is not full.</summary>
    /// <param name="seed">Any number; the same gives the same plans.</param>
    /// <param name="epoch">The pass over the rows, which gets an order of its own.</param>
    /// <returns>Row indices of each batch; every row is in exactly one.</returns>
    public IReadOnlyList<int[]> Epoch(int seed, int epoch)
    {
        var random = new Random(SeedMixer.Mix(seed, epoch));
        int[] rows = [.. Enumerable.Range(0, _lengths.Length)];
        random.Shuffle(rows);
        int window = _batchSize * _batchesPerWindow;
        var batches = new List<int[]>(BatchCount);
        for (int start = 0; start < rows.Length; start += window)
        {
            Span<int> part = rows.AsSpan(start, Math.Min(window, rows.Length - start));
            SortByLength(part);
            batches.AddRange(Cut(part));
        }

        int[][] plan = [.. batches];
        random.Shuffle(plan);
        return plan;
    }

    /// <summary>A plan for inference: all rows sorted by length, the longest first, so that a batch too large for memory shows at once. Scatter the results with the indices to have them in the rows' own order.</summary>
    /// <returns>Row indices of each batch; every row is in exactly one.</returns>
    public IReadOnlyList<int[]> Sorted()
    {
        int[] rows = [.. Enumerable.Range(0, _lengths.Length)];
        SortByLength(rows);
        Array.Reverse(rows);
        return [.. Cut(rows)];
    }

    /// <summary>Computes something for every row in the batches of <see cref="Sorted"/> and gives it back in the rows' own order.</summary>
    /// <typeparam name="T">The result of a row.</typeparam>
    /// <param name="compute">Takes the row indices of a batch and returns as many results, in the same order.</param>
    /// <exception cref="InvalidOperationException"><paramref name="compute"/> returned too few or too many results.</exception>
    public T[] ComputeSorted<T>(Func<int[], IReadOnlyList<T>> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        var results = new T[_lengths.Length];
        foreach (int[] batch in Sorted())
        {
            IReadOnlyList<T> values = compute(batch);
            if (values.Count != batch.Length)
            {
                throw new InvalidOperationException($"A batch of {batch.Length} rows got {values.Count} results; there must be one for each row.");
            }

            for (int i = 0; i < batch.Length; i++)
            {
                results[batch[i]] = values[i];
            }
        }

        return results;
    }

    /// <summary>Sorts rows by length; those of equal length keep their order.</summary>
    private void SortByLength(Span<int> rows)
    {
        var keys = new (int Length, int Position)[rows.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = (_lengths[rows[i]], i);
        }

        keys.AsSpan().Sort(rows);
    }

    private List<int[]> Cut(ReadOnlySpan<int> rows)
    {
        var batches = new List<int[]>();
        for (int start = 0; start < rows.Length; start += _batchSize)
        {
            batches.Add(rows.Slice(start, Math.Min(_batchSize, rows.Length - start)).ToArray());
        }

        return batches;
    }
}

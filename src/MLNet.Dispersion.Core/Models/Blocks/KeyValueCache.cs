using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Keys and values of the tokens that a backbone has read of some rows, so that it reads on at the cost of the new tokens alone.</summary>
/// <remarks>
/// <para>
/// Each pass adds as many columns as its longest row has tokens; the shorter rows have holes there, which nothing looks at. A token's position counts the
/// tokens of its row, not the columns, so that holes shift nothing.
/// </para>
/// <para>The first pass takes the memory of all columns, in the number type that it computes in. Not thread-safe. The owner disposes it, which frees that memory.</para>
/// </remarks>
internal sealed class KeyValueCache : IDisposable
{
    private readonly Tensor?[] _keys;
    private readonly Tensor?[] _values;
    private int[] _lengths;
    private bool[][] _real;

    /// <summary>An empty cache.</summary>
    /// <param name="layers">Transformer blocks.</param>
    /// <param name="rows">Sequences that are read side by side.</param>
    /// <param name="capacity">Columns that there is room for.</param>
    /// <param name="contextLength">The most tokens of a row.</param>
    internal KeyValueCache(int layers, int rows, int capacity, int contextLength)
    {
        _keys = new Tensor?[layers];
        _values = new Tensor?[layers];
        _lengths = new int[rows];
        _real = [.. Enumerable.Range(0, rows).Select(_ => new bool[capacity])];
        Capacity = capacity;
        ContextLength = contextLength;
    }

    internal int Capacity { get; }

    internal int ContextLength { get; }

    /// <summary>Columns in use.</summary>
    internal int Columns { get; private set; }

    /// <summary>The tokens of each row.</summary>
    internal IReadOnlyList<int> Lengths => _lengths;

    /// <summary>Opens a pass over new tokens; nothing is read until <see cref="CachedPass.Complete"/>.</summary>
    /// <param name="rows">Sequences; as many as the cache has.</param>
    /// <param name="columns">Tokens of the longest new row.</param>
    /// <param name="lengths">New tokens of each row, on the left; null when each has <paramref name="columns"/>.</param>
    /// <exception cref="ArgumentException">There is no room, or a row would be longer than the context.</exception>
    internal CachedPass Begin(int rows, int columns, int[]? lengths)
    {
        if (rows != _lengths.Length || Columns + columns > Capacity)
        {
            throw new ArgumentException($"The cache has {_lengths.Length} rows and room for {Capacity - Columns} columns more; the tokens come in {rows} rows of {columns} columns.", nameof(rows));
        }

        lengths ??= [.. Enumerable.Repeat(columns, rows)];
        int longest = _lengths.Zip(lengths, (past, more) => past + more).Max();
        return longest <= ContextLength
            ? new CachedPass(this, columns, lengths)
            : throw new ArgumentException($"A sequence would have {longest} tokens; the backbone's context holds {ContextLength}. End it earlier.", nameof(lengths));
    }

    /// <summary>Goes on with these rows: some of them, in any order, one or the other several times.</summary>
    internal void Keep(IReadOnlyList<int> rows)
    {
        using var scope = NewDisposeScope();
        _lengths = [.. rows.Select(row => _lengths[row])];
        _real = [.. rows.Select(row => (bool[])_real[row].Clone())];
        long[] indices = [.. rows.Select(row => (long)row)];
        for (int layer = 0; layer < _keys.Length; layer++)
        {
            Keep(ref _keys[layer], indices);
            Keep(ref _values[layer], indices);
        }
    }

    /// <summary>Whether a row has a token in a column.</summary>
    internal bool IsReal(int row, int column) => _real[row][column];

    /// <summary>Stores a layer's new keys or values behind those that it has.</summary>
    /// <returns>All so far, <c>[B, H, columns, D]</c>: a view of the cache's memory.</returns>
    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values) =>
        (Append(ref _keys[layer], keys), Append(ref _values[layer], values));

    /// <summary>Takes over the columns of a pass that has gone through every layer.</summary>
    internal void Advance(int columns, int[] lengths)
    {
        for (int row = 0; row < lengths.Length; row++)
        {
            Array.Fill(_real[row], true, Columns, lengths[row]);
            _lengths[row] += lengths[row];
        }

        Columns += columns;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? memory in _keys.Concat(_values))
        {
            memory?.Dispose();
        }
    }

    private Tensor Append(ref Tensor? memory, Tensor added)
    {
        long[] shape = added.shape;
        memory ??= empty([shape[0], shape[1], Capacity, shape[3]], added.dtype, added.device).DetachFromDisposeScope();
        memory.narrow(2, Columns, shape[2]).copy_(added);
        return memory.narrow(2, 0, Columns + shape[2]);
    }

    private static void Keep(ref Tensor? memory, long[] rows)
    {
        if (memory is null)
        {
            return;
        }

        Tensor kept = memory.index_select(0, tensor(rows, device: memory.device)).DetachFromDisposeScope();
        memory.Dispose();
        memory = kept;
    }
}

/// <summary>One forward pass over new tokens behind those of a <see cref="KeyValueCache"/>.</summary>
/// <param name="cache">What was read before.</param>
/// <param name="columns">Tokens of the longest new row (L).</param>
/// <param name="lengths">New tokens of each row, on the left.</param>
internal sealed class CachedPass(KeyValueCache cache, int columns, int[] lengths)
{
    private int _layer;

    /// <summary>Whether there are tokens of earlier passes.</summary>
    internal bool HasPast => cache.Columns > 0;

    /// <summary>Each new token's place in its row, <c>[B, L]</c>, int64; pads repeat that of the row's last token.</summary>
    internal Tensor Positions(Device device)
    {
        var positions = new long[lengths.Length * columns];
        for (int row = 0; row < lengths.Length; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                positions[(row * columns) + column] = cache.Lengths[row] + Math.Min(column, lengths[row] - 1);
            }
        }

        return tensor(positions, [lengths.Length, columns], device: device);
    }

    /// <summary>Which of all columns, earlier ones first, each new token may look at: <c>[B, 1, L, columns so far + L]</c>, bool; null when each may look at all.</summary>
    internal Tensor? Allowed(Device device)
    {
        int width = cache.Columns + columns;
        var allowed = new bool[lengths.Length * columns * width];
        for (int row = 0; row < lengths.Length; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                Span<bool> entries = allowed.AsSpan(((row * columns) + column) * width, width);
                for (int past = 0; past < cache.Columns; past++)
                {
                    entries[past] = cache.IsReal(row, past);
                }

                entries.Slice(cache.Columns, Math.Min(column + 1, lengths[row])).Fill(true);
            }
        }

        return allowed.AsSpan().Contains(false) ? tensor(allowed, [lengths.Length, 1, columns, width], device: device) : null;
    }

    /// <summary>Stores the next layer's keys and values, <c>[B, H, L, D]</c>; layers come in their order.</summary>
    /// <returns>All so far, <c>[B, H, columns so far + L, D]</c>.</returns>
    internal (Tensor Keys, Tensor Values) Append(Tensor keys, Tensor values) => cache.Append(_layer++, keys, values);

    /// <summary>Makes the new tokens part of the past.</summary>
    internal void Complete() => cache.Advance(columns, lengths);
}

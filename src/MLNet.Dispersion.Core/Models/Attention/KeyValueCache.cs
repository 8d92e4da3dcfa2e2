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
    private long[][] _tokens;

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
        _tokens = [.. Enumerable.Repeat(Array.Empty<long>(), rows)];
        Capacity = capacity;
        ContextLength = contextLength;
    }

    internal int Capacity { get; }

    internal int ContextLength { get; }

    /// <summary>Columns in use.</summary>
    internal int Columns { get; private set; }

    /// <summary>The tokens of each row.</summary>
    internal IReadOnlyList<int> Lengths => _lengths;

    /// <summary>Grows whenever the memory of keys and values is another.</summary>
    internal int Version { get; private set; }

    /// <summary>A layer's keys and values, each <c>[B, K, capacity, D]</c>, float32 and contiguous; those that were narrower are widened once.</summary>
    internal (Tensor Keys, Tensor Values) Memory(int layer) => (Wide(ref _keys[layer]), Wide(ref _values[layer]));

    /// <summary>Opens a pass over new tokens; nothing is read until <see cref="CachedPass.Complete"/>.</summary>
    /// <param name="rows">Sequences; as many as the cache has.</param>
    /// <param name="columns">Columns of new tokens.</param>
    /// <param name="real">Which of them are real, a row of columns for each sequence; null when all are.</param>
    /// <exception cref="ArgumentException">There is no room, or a row would be longer than the context.</exception>
    internal CachedPass Begin(int rows, int columns, bool[][]? real)
    {
        if (rows != _lengths.Length || Columns + columns > Capacity)
        {
            throw new ArgumentException($"The cache has {_lengths.Length} rows and room for {Capacity - Columns} columns more; the tokens come in {rows} rows of {columns} columns.", nameof(rows));
        }

        real ??= [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Repeat(true, columns).ToArray())];
        var pass = new CachedPass(this, columns, real);
        return pass.Longest <= ContextLength
            ? pass
            : throw new ArgumentException($"A sequence would have {pass.Longest} tokens; the backbone's context holds {ContextLength}. End it earlier.", nameof(real));
    }

    /// <summary>Forgets all that was read; the memory stays.</summary>
    internal void Clear()
    {
        Array.Clear(_lengths);
        Array.ForEach(_real, Array.Clear);
        Columns = 0;
    }

    /// <summary>Keeps the tokens themselves, for backbones that may have to read them again.</summary>
    /// <param name="tokens">The new ones of each row.</param>
    /// <returns>All of each row.</returns>
    internal IReadOnlyList<long[]> Remember(IReadOnlyList<long[]> tokens) => _tokens = [.. _tokens.Zip(tokens, (past, added) => (long[])[.. past, .. added])];

    /// <summary>Goes on with these rows: some of them, in any order, one or the other several times.</summary>
    internal void Keep(IReadOnlyList<int> rows)
    {
        using var scope = NewDisposeScope();
        _lengths = [.. rows.Select(row => _lengths[row])];
        _real = [.. rows.Select(row => (bool[])_real[row].Clone())];
        _tokens = [.. rows.Select(row => _tokens[row])];
        long[] indices = [.. rows.Select(row => (long)row)];
        Version++;
        for (int layer = 0; layer < _keys.Length; layer++)
        {
            Keep(ref _keys[layer], indices);
            Keep(ref _values[layer], indices);
        }
    }

    /// <summary>Which of the columns in use a row has tokens in.</summary>
    internal ReadOnlySpan<bool> Real(int row) => _real[row].AsSpan(0, Columns);

    /// <summary>The first tokens' keys and values of a cache of one row, each <c>[1, K, tokens, D]</c>, by layers: copies, which the caller disposes.</summary>
    internal (Tensor Keys, Tensor Values)[] Copy(int tokens)
    {
        using var noGradient = no_grad();
        return [.. _keys.Zip(_values, (keys, values) => (Copy(keys!, tokens), Copy(values!, tokens)))];
    }

    /// <summary>Fills an empty cache of one row with such copies, or with their first tokens.</summary>
    internal void Restore((Tensor Keys, Tensor Values)[] memory, int tokens)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        CachedPass pass = Begin(1, tokens, null);
        foreach (var (keys, values) in memory)
        {
            pass.Append(keys.narrow(2, 0, tokens), values.narrow(2, 0, tokens));
        }

        pass.Complete();
    }

    /// <summary>Whether a row has a token in a column.</summary>
    internal bool IsReal(int row, int column) => _real[row][column];

    /// <summary>Stores a layer's new keys or values behind those that it has.</summary>
    /// <returns>All so far, <c>[B, H, columns, D]</c>: a view of the cache's memory.</returns>
    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values) =>
        (Append(ref _keys[layer], keys), Append(ref _values[layer], values));

    /// <summary>Takes over the columns of a pass that has gone through every layer.</summary>
    internal void Advance(int columns, bool[][] real)
    {
        for (int row = 0; row < real.Length; row++)
        {
            real[row].CopyTo(_real[row], Columns);
            _lengths[row] += real[row].Count(isReal => isReal);
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

    private static Tensor Copy(Tensor memory, int tokens)
    {
        using Tensor part = memory.narrow(2, 0, tokens);
        return part.clone().DetachFromDisposeScope();
    }

    private static Tensor Wide(ref Tensor? memory)
    {
        if (memory!.dtype != ScalarType.Float32)
        {
            using Tensor narrow = memory;
            memory = narrow.to(ScalarType.Float32).DetachFromDisposeScope();
        }

        return memory;
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
/// <param name="columns">Columns of new tokens (L).</param>
/// <param name="real">Which of them are real, a row of columns for each sequence.</param>
internal sealed class CachedPass(KeyValueCache cache, int columns, bool[][] real)
{
    private int _layer;

    /// <summary>Whether there are tokens of earlier passes.</summary>
    internal bool HasPast => cache.Columns > 0;

    /// <summary>The tokens of the longest row, the new ones included.</summary>
    internal long Longest { get; } = real.Select((row, i) => cache.Lengths[i] + row.LongCount(isReal => isReal)).Max();

    /// <summary>Each new token's place in its row, <c>[B, L]</c>, int64; pads repeat that of the token before them.</summary>
    internal Tensor Positions(Device device)
    {
        var positions = new long[real.Length * columns];
        for (int row = 0; row < real.Length; row++)
        {
            Count(positions.AsSpan(row * columns, columns), cache.Lengths[row], real[row]);
        }

        return tensor(positions, [real.Length, columns], device: device);
    }

    /// <summary>The places of all tokens, earlier ones first, <c>[B, columns so far + L]</c>, int64, alike.</summary>
    internal Tensor KeyPositions(Device device)
    {
        int width = cache.Columns + columns;
        var positions = new long[real.Length * width];
        for (int row = 0; row < real.Length; row++)
        {
            bool[] before = [.. Enumerable.Range(0, cache.Columns).Select(column => cache.IsReal(row, column))];
            Count(positions.AsSpan(row * width, width), 0, [.. before, .. real[row]]);
        }

        return tensor(positions, [real.Length, width], device: device);
    }

    /// <summary>Which of all columns, earlier ones first, each new token may look at: <c>[B, 1, L, columns so far + L]</c>, bool; null when each may look at all.</summary>
    internal Tensor? Allowed(Device device)
    {
        int width = cache.Columns + columns;
        var allowed = new bool[real.Length * columns * width];
        for (int row = 0; row < real.Length; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                Span<bool> entries = allowed.AsSpan(((row * columns) + column) * width, width);
                for (int past = 0; past < cache.Columns; past++)
                {
                    entries[past] = cache.IsReal(row, past);
                }

                real[row].AsSpan(0, column + 1).CopyTo(entries[cache.Columns..]);
                entries[cache.Columns + column] = true;
            }
        }

        return allowed.AsSpan().Contains(false) ? tensor(allowed, [real.Length, 1, columns, width], device: device) : null;
    }

    /// <summary>Stores the next layer's keys and values, <c>[B, H, L, D]</c>; layers come in their order.</summary>
    /// <returns>All so far, <c>[B, H, columns so far + L, D]</c>.</returns>
    internal (Tensor Keys, Tensor Values) Append(Tensor keys, Tensor values) => cache.Append(_layer++, keys, values);

    /// <summary>Makes the new tokens part of the past.</summary>
    internal void Complete() => cache.Advance(columns, real);

    private static void Count(Span<long> places, long before, bool[] real)
    {
        long next = before;
        for (int column = 0; column < real.Length; column++)
        {
            next += real[column] ? 1 : 0;
            places[column] = Math.Max(next - 1, 0);
        }
    }
}

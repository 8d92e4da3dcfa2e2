using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

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

using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Token sequences of one forward pass, padded on the right to the longest.</summary>
/// <remarks>Plain arrays, so that batches can be prepared on another thread than the one that computes.</remarks>
public sealed class TokenBatch
{
    private TokenBatch(long[] inputIds, long[]? tokenTypeIds, int[] lengths, int columns)
    {
        InputIds = inputIds;
        TokenTypeIds = tokenTypeIds;
        Lengths = lengths;
        Columns = columns;
    }

    /// <summary>Gets the token ids, row after row, <c>[B * L]</c>; pads hold the padding id.</summary>
    public long[] InputIds { get; }

    /// <summary>Gets which text of a pair each token belongs to, <c>[B * L]</c>: 0 the first (and pads), 1 the second; null where rows are single texts.</summary>
    public IReadOnlyList<long>? TokenTypeIds { get; }

    /// <summary>Gets the tokens of each text of each row, where texts share rows and none sees another; null where each row is one text, or a pair.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? TextLengths { get; private init; }

    /// <summary>Gets the real tokens of each row.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>Gets the number of rows (B).</summary>
    public int Rows => Lengths.Count;

    /// <summary>Gets the number of tokens of the longest row (L).</summary>
    public int Columns { get; }

    /// <summary>Gets the number of real tokens of all rows.</summary>
    public long TokenCount => Lengths.Sum(length => (long)length);

    /// <summary>Gets whether any row is shorter than the longest.</summary>
    public bool HasPadding => Lengths.Any(length => length != Columns);

    /// <summary>Pads the sequences on the right to the longest.</summary>
    /// <param name="sequences">At least one sequence, each of at least one token.</param>
    /// <param name="padId">The id that fills the pads; never seen by attention, so any valid id will do.</param>
    /// <param name="secondStarts">Where the second text of each row begins, where rows are pairs; null where they are single texts.</param>
    /// <exception cref="ArgumentException">There is no sequence, or an empty one, or not one second start a sequence.</exception>
    public static TokenBatch Pad(IReadOnlyList<int[]> sequences, int padId, IReadOnlyList<int>? secondStarts = null)
    {
        if (sequences.Count == 0 || sequences.Any(s => s.Length == 0))
        {
            throw new ArgumentException("A batch needs at least one sequence, and each sequence at least one token.", nameof(sequences));
        }

        if (secondStarts is not null && secondStarts.Count != sequences.Count)
        {
            throw new ArgumentException($"There are {sequences.Count} sequences but {secondStarts.Count} starts of second texts; each sequence needs one.", nameof(secondStarts));
        }

        int columns = sequences.Max(s => s.Length);
        var ids = new long[sequences.Count * columns];
        Array.Fill(ids, padId);
        for (int row = 0; row < sequences.Count; row++)
        {
            int[] sequence = sequences[row];
            for (int i = 0; i < sequence.Length; i++)
            {
                ids[(row * columns) + i] = sequence[i];
            }
        }

        return new TokenBatch(ids, secondStarts is null ? null : Types(sequences, secondStarts, columns), [.. sequences.Select(s => s.Length)], columns);
    }

    /// <summary>Pads rows of several texts, none of which sees another.</summary>
    /// <param name="sequences">At least one sequence, each of at least one token.</param>
    /// <param name="padId">The id that fills the pads.</param>
    /// <param name="textLengths">The tokens of each text of each row.</param>
    internal static TokenBatch PadPacked(IReadOnlyList<int[]> sequences, int padId, IReadOnlyList<IReadOnlyList<int>> textLengths)
    {
        TokenBatch rows = Pad(sequences, padId);
        return new TokenBatch(rows.InputIds, null, [.. rows.Lengths], rows.Columns) { TextLengths = textLengths };
    }

    /// <summary>The ids as a tensor <c>[B, L]</c>, int64, which the caller disposes.</summary>
    /// <param name="device">Where it is put.</param>
    public Tensor InputIdsTensor(Device device)
    {
        using var host = tensor(InputIds, Rows, Columns);
        return host.to(device, copy: true);
    }

    /// <summary>Which tokens are real, <c>[B, L]</c>, bool, which the caller disposes; null when all are.</summary>
    /// <param name="device">Where it is put.</param>
    public Tensor? AttentionMaskTensor(Device device)
    {
        if (!HasPadding)
        {
            return null;
        }

        var mask = new bool[Rows * Columns];
        for (int row = 0; row < Rows; row++)
        {
            Array.Fill(mask, true, row * Columns, Lengths[row]);
        }

        using var host = tensor(mask, Rows, Columns);
        return host.to(device, copy: true);
    }

    /// <summary>Which text of a pair each token belongs to, <c>[B, L]</c>, int64, which the caller disposes; null where rows are single texts.</summary>
    /// <param name="device">Where it is put.</param>
    public Tensor? TokenTypeIdsTensor(Device device)
    {
        if (TokenTypeIds is null)
        {
            return null;
        }

        using var host = tensor([.. TokenTypeIds], Rows, Columns);
        return host.to(device, copy: true);
    }

    /// <summary>Where the texts lie that share rows, in the caller's dispose scope; null where each row is one.</summary>
    internal PackedTexts? Texts(Device device)
    {
        if (TextLengths is null)
        {
            return null;
        }

        var numbers = new long[Rows * Columns];
        var places = new long[Rows * Columns];
        Array.Fill(numbers, -1);
        for (int row = 0; row < Rows; row++)
        {
            int at = row * Columns;
            foreach ((int number, int length) in TextLengths[row].Index())
            {
                for (int place = 0; place < length; place++, at++)
                {
                    (numbers[at], places[at]) = (number, place);
                }
            }
        }

        return new PackedTexts(tensor(numbers, [Rows, Columns], device: device), tensor(places, [Rows, Columns], device: device));
    }

    private static long[] Types(IReadOnlyList<int[]> sequences, IReadOnlyList<int> secondStarts, int columns)
    {
        var types = new long[sequences.Count * columns];
        for (int row = 0; row < sequences.Count; row++)
        {
            int start = Math.Clamp(secondStarts[row], 0, sequences[row].Length);
            Array.Fill(types, 1, (row * columns) + start, sequences[row].Length - start);
        }

        return types;
    }
}

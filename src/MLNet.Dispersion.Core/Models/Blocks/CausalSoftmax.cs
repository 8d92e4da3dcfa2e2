using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Softmax over what each position may look at, and its gradient, in the scores' own memory.</summary>
internal static class CausalSoftmax
{
    private const int RowsOfARange = 256;

    /// <summary>Turns scores into probabilities, in place.</summary>
    /// <param name="scores"><c>[B H, L, L]</c>, float32 or bfloat16, contiguous.</param>
    /// <param name="lengths">The real tokens of each of B sequences, on the left; null when all are.</param>
    /// <param name="scale">What scores are multiplied by first.</param>
    /// <returns>The same tensor: zero where nothing may be looked at.</returns>
    internal static Tensor Forward(Tensor scores, int[]? lengths, double scale) => scores.dtype == ScalarType.BFloat16
        ? Forward<ushort, BFloatLanes>(scores, lengths, (float)scale)
        : Forward<float, FloatLanes>(scores, lengths, (float)scale);

    /// <summary>Turns the gradient of the probabilities into that of the unscaled scores, in place.</summary>
    /// <param name="probabilities">From <see cref="Forward(Tensor, int[], double)"/>.</param>
    /// <param name="gradient">Of the probabilities, alike.</param>
    /// <param name="lengths">As there.</param>
    /// <param name="scale">As there.</param>
    internal static Tensor Backward(Tensor probabilities, Tensor gradient, int[]? lengths, double scale) => gradient.dtype == ScalarType.BFloat16
        ? Backward<ushort, BFloatLanes>(probabilities, gradient, lengths, (float)scale)
        : Backward<float, FloatLanes>(probabilities, gradient, lengths, (float)scale);

    private static Tensor Forward<T, TLanes>(Tensor scores, int[]? lengths, float scale)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        var (count, width) = Shape(scores);
        ParallelRanges.Run(count * width, RowsOfARange, (_, first, rows) =>
        {
            Span<T> entries = TLanes.Entries(scores);
            for (int row = first; row < first + rows; row++)
            {
                Span<T> values = entries.Slice(row * width, width);
                int visible = Visible(row, count, width, lengths);
                Probabilities<T, TLanes>(values[..visible], scale);
                values[visible..].Clear();
            }
        });
        return scores;
    }

    private static Tensor Backward<T, TLanes>(Tensor probabilities, Tensor gradient, int[]? lengths, float scale)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        var (count, width) = Shape(gradient);
        ParallelRanges.Run(count * width, RowsOfARange, (_, first, rows) =>
        {
            Span<T> entries = TLanes.Entries(gradient);
            Span<T> shares = TLanes.Entries(probabilities);
            for (int row = first; row < first + rows; row++)
            {
                Span<T> slopes = entries.Slice(row * width, width);
                int visible = Visible(row, count, width, lengths);
                ScoreSlopes<T, TLanes>(shares.Slice(row * width, visible), slopes[..visible], scale);
                slopes[visible..].Clear();
            }
        });
        return gradient;
    }

    private static (int Count, int Width) Shape(Tensor matrices) => ((int)matrices.shape[0], (int)matrices.shape[2]);

    /// <summary>How many entries of a row may be looked at: those up to the diagonal that are no pads.</summary>
    private static int Visible(int row, int count, int width, int[]? lengths)
    {
        int causal = (row % width) + 1;
        return lengths is null ? causal : Math.Min(causal, lengths[row / width / (count / lengths.Length)]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Probabilities<T, TLanes>(Span<T> scores, float scale)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        Vector512<float> extreme = Vector512.Create(float.NegativeInfinity);
        for (int i = 0; i < scores.Length; i += Lanes.Width)
        {
            extreme = Vector512.Max(extreme, Lanes.Within(TLanes.Load(scores, i) * scale, scores.Length - i, float.NegativeInfinity));
        }

        Vector512<float> largest = Vector512.Create(Lanes.Largest(extreme));
        Vector512<float> sum = default;
        for (int i = 0; i < scores.Length; i += Lanes.Width)
        {
            sum += Lanes.Exp(Lanes.Within(TLanes.Load(scores, i) * scale, scores.Length - i, float.NegativeInfinity) - largest);
        }

        float share = 1 / Vector512.Sum(sum);
        for (int i = 0; i < scores.Length; i += Lanes.Width)
        {
            TLanes.Store(Lanes.Exp((TLanes.Load(scores, i) * scale) - largest) * share, scores, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ScoreSlopes<T, TLanes>(ReadOnlySpan<T> probabilities, Span<T> slopes, float scale)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        Vector512<float> sum = default;
        for (int i = 0; i < slopes.Length; i += Lanes.Width)
        {
            sum += TLanes.Load(probabilities, i) * TLanes.Load(slopes, i);
        }

        Vector512<float> mean = Vector512.Create(Vector512.Sum(sum));
        for (int i = 0; i < slopes.Length; i += Lanes.Width)
        {
            TLanes.Store(TLanes.Load(probabilities, i) * (TLanes.Load(slopes, i) - mean) * scale, slopes, i);
        }
    }
}

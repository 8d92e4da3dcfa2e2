using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>AdamW's arithmetic for float32 on the processor: one pass over each parameter, its gradient and its moments.</summary>
/// <remarks>The factors of one step. Immutable and thread-safe.</remarks>
internal sealed class AdamWKernel
{
    private const int Grain = 1 << 16;
    private const int Block = 256;
    private readonly float _beta1;
    private readonly float _beta2;
    private readonly float _rest1;
    private readonly float _rest2;
    private readonly float _epsilon;
    private readonly float _inverseCorrection2;
    private readonly float _gradientScale;

    internal AdamWKernel(double beta1, double beta2, double epsilon, double correction2, double gradientScale)
    {
        (_beta1, _beta2) = ((float)beta1, (float)beta2);
        (_rest1, _rest2) = ((float)(1 - beta1), (float)(1 - beta2));
        _epsilon = (float)epsilon;
        _inverseCorrection2 = (float)(1 / correction2);
        _gradientScale = (float)gradientScale;
    }

    /// <summary>Whether the kernel can work on all of them.</summary>
    internal static bool Reaches(params ReadOnlySpan<Tensor> tensors)
    {
        foreach (Tensor values in tensors)
        {
            if (!TensorMemory.IsReachable(values, ScalarType.Float32))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The sum of a gradient's squares, in float64 over ranges of float32 sums.</summary>
    internal static double SquaredNorm(Tensor gradient)
    {
        int length = (int)gradient.numel();
        var sums = new double[ParallelRanges.Count(length, Grain)];
        ParallelRanges.Run(length, Grain, (range, start, count) => sums[range] = Squares(TensorMemory.Floats(gradient).Slice(start, count)));
        return sums.Sum();
    }

    /// <summary>Marks for <see cref="Update(Tensor, Tensor, Tensor, Tensor, bool[], double, double)"/>, for moments that are all 0.</summary>
    internal static bool[] NoneMoved(Tensor parameter) => new bool[((int)parameter.numel() + Block - 1) / Block];

    /// <summary>Updates parameter and moments in place.</summary>
    /// <param name="parameter">The weights.</param>
    /// <param name="gradient">Multiplied by the gradient scale first.</param>
    /// <param name="first">First moments.</param>
    /// <param name="second">Second moments.</param>
    /// <param name="moved">Which blocks of the moments may differ from 0, from <see cref="NoneMoved"/> and kept from step to step; null for all. Where neither moments nor gradient do, as in the rows of an embedding table whose tokens no text had so far, the moments stay as they are and are not read: the result is the same bit for bit.</param>
    /// <param name="decay">What the weights are multiplied by.</param>
    /// <param name="stepSize">The learning rate over the first moment's correction.</param>
    internal void Update(Tensor parameter, Tensor gradient, Tensor first, Tensor second, bool[]? moved, double decay, double stepSize) =>
        ParallelRanges.Run((int)parameter.numel(), Grain, (_, start, count) =>
        {
            for (int from = 0; from < count;)
            {
                // As long a stretch as can be done alike.
                bool moves = Moves(from);
                int to = from;
                do
                {
                    to = Math.Min(to + Block, count);
                }
                while (to < count && Moves(to) == moves);
                Span<float> weights = TensorMemory.Floats(parameter).Slice(start + from, to - from);
                if (moves)
                {
                    Update(
                        weights,
                        TensorMemory.Floats(gradient).Slice(start + from, to - from),
                        TensorMemory.Floats(first).Slice(start + from, to - from),
                        TensorMemory.Floats(second).Slice(start + from, to - from),
                        (float)decay,
                        (float)stepSize);
                }
                else if (decay != 1)
                {
                    Scale(weights, (float)decay);
                }

                from = to;
            }

            bool Moves(int offset)
            {
                if (moved is null)
                {
                    return true;
                }

                ref bool mark = ref moved[(start + offset) / Block];
                return mark = mark || !AreZero(TensorMemory.Floats(gradient).Slice(start + offset, Math.Min(Block, count - offset)));
            }
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static bool AreZero(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i += Lanes.Width)
        {
            if (!Vector512.EqualsAll(Lanes.Load(values, i), Vector512<float>.Zero))
            {
                return false;
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Update(Span<float> parameter, ReadOnlySpan<float> gradient, Span<float> first, Span<float> second, float decay, float stepSize)
    {
        for (int i = 0; i < parameter.Length; i += Lanes.Width)
        {
            Vector512<float> slope = Lanes.Load(gradient, i) * _gradientScale;
            Vector512<float> mean = (Lanes.Load(first, i) * _beta1) + (slope * _rest1);
            Vector512<float> square = (Lanes.Load(second, i) * _beta2) + (slope * slope * _rest2);
            Vector512<float> denominator = (Vector512.Sqrt(square) * _inverseCorrection2) + Vector512.Create(_epsilon);
            Lanes.Store(mean, first, i);
            Lanes.Store(square, second, i);
            Lanes.Store((Lanes.Load(parameter, i) * decay) - (mean / denominator * stepSize), parameter, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Scale(Span<float> values, float factor)
    {
        for (int i = 0; i < values.Length; i += Lanes.Width)
        {
            Lanes.Store(Lanes.Load(values, i) * factor, values, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static double Squares(ReadOnlySpan<float> values)
    {
        // Several sums side by side, so that no addition waits for the one before.
        Vector512<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int i = 0;
        for (; i + (4 * Lanes.Width) <= values.Length; i += 4 * Lanes.Width)
        {
            Vector512<float> part0 = Lanes.Load(values, i), part1 = Lanes.Load(values, i + Lanes.Width);
            Vector512<float> part2 = Lanes.Load(values, i + (2 * Lanes.Width)), part3 = Lanes.Load(values, i + (3 * Lanes.Width));
            sum0 += part0 * part0;
            sum1 += part1 * part1;
            sum2 += part2 * part2;
            sum3 += part3 * part3;
        }

        for (; i < values.Length; i += Lanes.Width)
        {
            Vector512<float> part = Lanes.Load(values, i);
            sum0 += part * part;
        }

        return Vector512.Sum((sum0 + sum1) + (sum2 + sum3));
    }
}

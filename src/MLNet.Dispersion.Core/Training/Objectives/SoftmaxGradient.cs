using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The cross-entropy of rows of logits, and its gradient in the logits' own memory.</summary>
internal static class SoftmaxGradient
{
    private const int RowsOfARange = 8;

    /// <summary>Computes both.</summary>
    /// <param name="logits"><c>[N, V]</c>; overwritten.</param>
    /// <param name="targets">Class indices, <c>[N]</c>, int64; <see cref="HeadCrossEntropy.Ignored"/> for rows that do not count.</param>
    /// <param name="wantsGradient">Whether the gradient is wanted.</param>
    /// <returns>The sum of the losses in nats, and softmax minus one-hot (zero in rows that do not count), of the logits' type.</returns>
    internal static (double Sum, Tensor Slopes) Of(Tensor logits, Tensor targets, bool wantsGradient)
    {
        if (!TensorMemory.IsReachable(targets, ScalarType.Int64))
        {
            return ByTorch(logits, targets);
        }

        return TensorMemory.IsReachable(logits, ScalarType.BFloat16) ? (InPlace<ushort, BFloatLanes>(logits, targets, wantsGradient), logits)
            : TensorMemory.IsReachable(logits, ScalarType.Float32) ? (InPlace<float, FloatLanes>(logits, targets, wantsGradient), logits)
            : ByTorch(logits, targets);
    }

    /// <summary>The pass in torch's own operations, for GPUs and other types.</summary>
    internal static (double Sum, Tensor Slopes) ByTorch(Tensor logits, Tensor targets)
    {
        ScalarType wide = logits.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        Tensor counted = targets.ne(tensor(HeadCrossEntropy.Ignored, device: targets.device)).unsqueeze(1);
        Tensor classes = targets.unsqueeze(1).mul(counted);
        Tensor logarithms = logits.to(wide).log_softmax(1);
        double sum = -logarithms.gather(1, classes).mul(counted).sum(type: ScalarType.Float64).item<double>();
        Tensor slopes = logarithms.exp_().scatter_add_(1, classes, ones(classes.shape, wide, logits.device).neg_()).mul_(counted);
        return (sum, slopes.to(logits.dtype));
    }

    private static double InPlace<T, TLanes>(Tensor logits, Tensor targets, bool wantsGradient)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        var (rows, width) = ((int)logits.shape[0], (int)logits.shape[1]);
        var sums = new double[ParallelRanges.Count(rows, RowsOfARange)];
        ParallelRanges.Run(rows, RowsOfARange, (range, first, count) =>
        {
            Span<T> entries = TLanes.Entries(logits);
            Span<long> classes = TensorMemory.Longs(targets);
            for (int row = first; row < first + count; row++)
            {
                sums[range] += Row<T, TLanes>(entries.Slice(row * width, width), classes[row], wantsGradient);
            }
        });
        return sums.Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static double Row<T, TLanes>(Span<T> logits, long target, bool wantsGradient)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        if (target == HeadCrossEntropy.Ignored)
        {
            logits.Clear();
            return 0;
        }

        float largest = Largest<T, TLanes>(logits);
        Span<T> chosen = logits.Slice((int)target, 1);
        float targetLogit = TLanes.Load(chosen, 0)[0];
        double sum = SumOfExponentials<T, TLanes>(logits, largest);
        if (wantsGradient)
        {
            float share = (float)(1 / sum);
            for (int i = 0; i < logits.Length; i += Lanes.Width)
            {
                TLanes.Store(Lanes.Exp(TLanes.Load(logits, i) - Vector512.Create(largest)) * share, logits, i);
            }

            TLanes.Store(Vector512.Create((float)((Math.Exp(targetLogit - largest) / sum) - 1)), chosen, 0);
        }

        return Math.Log(sum) + largest - targetLogit;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static float Largest<T, TLanes>(ReadOnlySpan<T> logits)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        Vector512<float> largest = Vector512.Create(float.NegativeInfinity);
        for (int i = 0; i < logits.Length; i += Lanes.Width)
        {
            largest = Vector512.Max(largest, Lanes.Within(TLanes.Load(logits, i), logits.Length - i, float.NegativeInfinity));
        }

        return Lanes.Largest(largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static double SumOfExponentials<T, TLanes>(ReadOnlySpan<T> logits, float largest)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        Vector512<float> sum = default;
        for (int i = 0; i < logits.Length; i += Lanes.Width)
        {
            sum += Lanes.Exp(Lanes.Within(TLanes.Load(logits, i), logits.Length - i, float.NegativeInfinity) - Vector512.Create(largest));
        }

        return Vector512.Sum(sum);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Cross-entropy of rows of logits and their divergence from a teacher's, and the gradient of the mixture in the logits' own memory.</summary>
/// <remarks>With p, p_T the student's softmax at temperature 1 and T and q_T the teacher's, the gradient is (1 - a) (p - one-hot) + a T (p_T - q_T).</remarks>
internal static class DistillationGradient
{
    private const int RowsOfARange = 4;

    /// <summary>Computes all.</summary>
    /// <param name="logits">The student's, <c>[N, V]</c>; overwritten.</param>
    /// <param name="teacherLogits">The teacher's, <c>[N, V]</c>, float32.</param>
    /// <param name="targets">Token ids, <c>[N]</c>, int64; <see cref="HeadCrossEntropy.Ignored"/> for rows that do not count.</param>
    /// <param name="mixture">Temperature and share.</param>
    /// <param name="wantsGradient">Whether the gradient is wanted.</param>
    /// <returns>Summed over the rows: cross-entropy, and T² KL(teacher || student), in nats; and the mixture's gradient, of the logits' type.</returns>
    internal static (double CrossEntropy, double Divergence, Tensor Slopes) Of(Tensor logits, Tensor teacherLogits, Tensor targets, DistillationMixture mixture, bool wantsGradient)
    {
        if (!TensorMemory.IsReachable(targets, ScalarType.Int64) || !TensorMemory.IsReachable(teacherLogits, ScalarType.Float32))
        {
            return ByTorch(logits, teacherLogits, targets, mixture);
        }

        return TensorMemory.IsReachable(logits, ScalarType.BFloat16) ? InPlace<ushort, BFloatLanes>(logits, teacherLogits, targets, mixture, wantsGradient)
            : TensorMemory.IsReachable(logits, ScalarType.Float32) ? InPlace<float, FloatLanes>(logits, teacherLogits, targets, mixture, wantsGradient)
            : ByTorch(logits, teacherLogits, targets, mixture);
    }

    /// <summary>The pass in torch's own operations, for GPUs and other types.</summary>
    internal static (double CrossEntropy, double Divergence, Tensor Slopes) ByTorch(Tensor logits, Tensor teacherLogits, Tensor targets, DistillationMixture mixture)
    {
        var (crossEntropy, slopes) = SoftmaxGradient.ByTorch(logits, targets);
        ScalarType wide = logits.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        Tensor counted = targets.ne(tensor(HeadCrossEntropy.Ignored, device: targets.device)).unsqueeze(1);
        Tensor soft = logits.to(wide).Over(mixture.Temperature).log_softmax(1);
        Tensor taught = teacherLogits.to(wide).Over(mixture.Temperature).log_softmax(1);
        Tensor shares = taught.exp();
        double divergence = taught.PlusInPlace(soft, -1).mul_(shares).mul_(counted).sum(type: ScalarType.Float64).item<double>();
        Tensor pull = soft.exp_().PlusInPlace(shares, -1).mul_(counted).TimesInPlace(mixture.Share * mixture.Temperature);
        slopes = slopes.to(wide).Times(1 - mixture.Share).PlusInPlace(pull).to(logits.dtype);
        return (crossEntropy, divergence * mixture.Temperature * mixture.Temperature, slopes);
    }

    private static (double CrossEntropy, double Divergence, Tensor Slopes) InPlace<T, TLanes>(Tensor logits, Tensor teacherLogits, Tensor targets, DistillationMixture mixture, bool wantsGradient)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        var (rows, width) = ((int)logits.shape[0], (int)logits.shape[1]);
        var sums = new (double CrossEntropy, double Divergence)[ParallelRanges.Count(rows, RowsOfARange)];
        ParallelRanges.Run(rows, RowsOfARange, (range, first, count) =>
        {
            Span<T> entries = TLanes.Entries(logits);
            ReadOnlySpan<float> taught = TensorMemory.Floats(teacherLogits);
            Span<long> classes = TensorMemory.Longs(targets);
            for (int row = first; row < first + count; row++)
            {
                Span<T> own = entries.Slice(row * width, width);
                if (classes[row] == HeadCrossEntropy.Ignored)
                {
                    own.Clear();
                    continue;
                }

                var (crossEntropy, divergence) = Row<T, TLanes>(own, taught.Slice(row * width, width), (int)classes[row], mixture, wantsGradient);
                sums[range].CrossEntropy += crossEntropy;
                sums[range].Divergence += divergence;
            }
        });
        return (sums.Sum(sum => sum.CrossEntropy), sums.Sum(sum => sum.Divergence), logits);
    }

    private static (double CrossEntropy, double Divergence) Row<T, TLanes>(Span<T> logits, ReadOnlySpan<float> taught, int target, DistillationMixture mixture, bool wantsGradient)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        float largest = SoftmaxGradient.Largest<T, TLanes>(logits);
        float largestTaught = SoftmaxGradient.Largest<float, FloatLanes>(taught);
        float targetLogit = TLanes.Load(logits.Slice(target, 1), 0)[0] - largest;
        float targetTaught = taught[target] - largestTaught;
        var (temperature, share) = (mixture.Temperature, mixture.Share);
        float cooling = (float)(1 / temperature);
        var (hard, soft, teacher, gap) = Sums<T, TLanes>(logits, taught, largest, largestTaught, cooling);
        if (wantsGradient)
        {
            var (hardShare, softShare, teacherShare) = ((1 - share) / hard, share * temperature / soft, share * temperature / teacher);
            Slopes<T, TLanes>(logits, taught, (largest, largestTaught, cooling), ((float)hardShare, (float)softShare, (float)teacherShare));
            double slope = (hardShare * Math.Exp(targetLogit)) - (1 - share) + (softShare * Math.Exp(targetLogit * cooling)) - (teacherShare * Math.Exp(targetTaught * cooling));
            TLanes.Store(Vector512.Create((float)slope), logits.Slice(target, 1), 0);
        }

        return (Math.Log(hard) - targetLogit, temperature * temperature * ((gap / teacher) - Math.Log(teacher) + Math.Log(soft)));
    }

    /// <summary>Sums of exponentials: the student's at temperature 1 and T, the teacher's at T; and the teacher's times how much further its logit is from its largest than the student's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static (double Hard, double Soft, double Teacher, double Gap) Sums<T, TLanes>(ReadOnlySpan<T> logits, ReadOnlySpan<float> taught, float largest, float largestTaught, float cooling)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        Vector512<float> hard = default, soft = default, teacher = default, gap = default;
        for (int i = 0; i < logits.Length; i += Lanes.Width)
        {
            int left = logits.Length - i;
            Vector512<float> own = TLanes.Load(logits, i) - Vector512.Create(largest);
            Vector512<float> other = (Lanes.Load(taught, i) - Vector512.Create(largestTaught)) * cooling;
            Vector512<float> weight = Lanes.Within(Lanes.Exp(other), left, 0);
            hard += Lanes.Within(Lanes.Exp(own), left, 0);
            soft += Lanes.Within(Lanes.Exp(own * cooling), left, 0);
            teacher += weight;
            gap += weight * (other - (own * cooling));
        }

        return (Vector512.Sum(hard), Vector512.Sum(soft), Vector512.Sum(teacher), Vector512.Sum(gap));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Slopes<T, TLanes>(
        Span<T> logits,
        ReadOnlySpan<float> taught,
        (float Largest, float LargestTaught, float Cooling) from,
        (float Hard, float Soft, float Teacher) shares)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        for (int i = 0; i < logits.Length; i += Lanes.Width)
        {
            Vector512<float> own = TLanes.Load(logits, i) - Vector512.Create(from.Largest);
            Vector512<float> other = Lanes.Load(taught, i) - Vector512.Create(from.LargestTaught);
            Vector512<float> pull = (Lanes.Exp(own * from.Cooling) * shares.Soft) - (Lanes.Exp(other * from.Cooling) * shares.Teacher);
            TLanes.Store((Lanes.Exp(own) * shares.Hard) + pull, logits, i);
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MLNet.Dispersion.Runtime;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Losses.Variants;

/// <summary>What angular spread does between its two matrix products, for float32 states on the processor: three passes over memory that is still in the cache.</summary>
/// <typeparam name="T">In memory, the number type of the products: float32 or bfloat16.</typeparam>
/// <typeparam name="TLanes">The same type, sixteen at a time.</typeparam>
internal static class AngularSpreadKernel<T, TLanes>
    where T : unmanaged
    where TLanes : struct, ILanes<T>
{
    private const int RowsOfARange = 32;
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>Rows over (norm + epsilon), and the norms.</summary>
    /// <param name="states"><c>[S, L, F]</c>, float32, contiguous.</param>
    /// <param name="epsilon">Added to the norm. A zero row with epsilon 0 stays zero.</param>
    internal static (Tensor Rows, float[] Norms) UnitRows(Tensor states, double epsilon)
    {
        var (count, width) = ((int)(states.shape[0] * states.shape[1]), (int)states.shape[2]);
        Tensor rows = empty(states.shape, TLanes.Type);
        var norms = new float[count];
        ParallelRanges.Run(count, RowsOfARange, (_, first, length) =>
        {
            Span<float> values = TensorMemory.Floats(states);
            Span<T> units = TLanes.Entries(rows);
            for (int row = first; row < first + length; row++)
            {
                norms[row] = UnitRow(values.Slice(row * width, width), units.Slice(row * width, width), epsilon);
            }
        });
        return (rows, norms);
    }

    /// <summary>Turns cosines into <c>W / sqrt(1 - c^2)</c>, in place, with W the exponentials of minus the distances over tau, zero where there is no pair.</summary>
    /// <param name="cosines"><c>[S, L, L]</c>.</param>
    /// <param name="mask">Real tokens, <c>[S, L]</c>; null when all are.</param>
    /// <param name="limit">The clamp.</param>
    /// <param name="tau">The temperature.</param>
    /// <returns>Of each sequence: the sum of W, and the logarithm that W was divided by.</returns>
    internal static (double Sum, double Shift)[] Weigh(Tensor cosines, Tensor? mask, double limit, double tau)
    {
        var (sequences, length) = ((int)cosines.shape[0], (int)cosines.shape[1]);
        float[] real = mask is null ? [.. Enumerable.Repeat(1f, sequences * length)] : [.. TensorMemory.Bools(mask).ToArray().Select(isReal => isReal ? 1f : 0f)];
        var largest = new float[sequences * length];
        ForEachRow(cosines, (row, values) => largest[row] = LargestOfRow(values, Keys(row), row % length, real[row]));
        var shifts = new float[sequences];
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            float cosine = Math.Clamp(largest.AsSpan(sequence * length, length).ToArray().Max(), (float)-limit, (float)limit);
            shifts[sequence] = LogWeight(Vector512.Create(cosine), (float)(-1 / (Math.PI * tau)))[0];
        }

        var sums = new double[sequences * length];
        ForEachRow(cosines, (row, values) => sums[row] = WeighRow(values, Keys(row), row % length, real[row], (float)limit, (float)(-1 / (Math.PI * tau)), shifts[row / length]));
        return [.. Enumerable.Range(0, sequences).Select(sequence => (sums.AsSpan(sequence * length, length).ToArray().Sum(), (double)shifts[sequence]))];

        ReadOnlySpan<float> Keys(int row) => real.AsSpan(row / length * length, length);
    }

    /// <summary>From the gradient g of <c>u = z r</c>, <c>r = 1 / (|z| + eps)</c>, to that of z: <c>r (g - z (g.z) r / |z|)</c>.</summary>
    /// <param name="states">z, <c>[S, L, F]</c>.</param>
    /// <param name="norms">Of its rows.</param>
    /// <param name="rowGradients">g, still to be multiplied by the factors, alike.</param>
    /// <param name="factors">One of each sequence.</param>
    /// <param name="epsilon">Added to the norms.</param>
    internal static Tensor StateGradients(Tensor states, float[] norms, Tensor rowGradients, float[] factors, double epsilon)
    {
        var (length, width) = ((int)states.shape[1], (int)states.shape[2]);
        Tensor gradients = empty_like(states);
        ParallelRanges.Run(norms.Length, RowsOfARange, (_, first, count) =>
        {
            Span<float> values = TensorMemory.Floats(states), results = TensorMemory.Floats(gradients);
            Span<T> slopes = TLanes.Entries(rowGradients);
            for (int row = first; row < first + count; row++)
            {
                StateSlopes(
                    values.Slice(row * width, width),
                    slopes.Slice(row * width, width),
                    results.Slice(row * width, width),
                    norms[row],
                    Scale(norms[row], epsilon),
                    factors[row / length]);
            }
        });
        return gradients;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float UnitRow(ReadOnlySpan<float> state, Span<T> unit, double epsilon)
    {
        Vector512<float> squares = default;
        for (int i = 0; i < state.Length; i += Lanes.Width)
        {
            squares += Lanes.Load(state, i) * Lanes.Load(state, i);
        }

        float norm = MathF.Sqrt(Vector512.Sum(squares));
        float scale = Scale(norm, epsilon);
        for (int i = 0; i < state.Length; i += Lanes.Width)
        {
            TLanes.Store(Lanes.Load(state, i) * scale, unit, i);
        }

        return norm;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StateSlopes(ReadOnlySpan<float> state, ReadOnlySpan<T> slopes, Span<float> result, float norm, float scale, float factor)
    {
        Vector512<float> products = default;
        for (int i = 0; i < state.Length; i += Lanes.Width)
        {
            products += Lanes.Load(state, i) * TLanes.Load(slopes, i);
        }

        // The norm of a zero row has gradient 0, and so has (g.z) / tiny.
        float radial = Vector512.Sum(products) * scale / MathF.Max(norm, SmallestNormal);
        for (int i = 0; i < state.Length; i += Lanes.Width)
        {
            Lanes.Store((TLanes.Load(slopes, i) - (Lanes.Load(state, i) * radial)) * (scale * factor), result, i);
        }
    }

    private static void ForEachRow(Tensor matrices, RowAction body)
    {
        var (rows, width) = ((int)(matrices.shape[0] * matrices.shape[1]), (int)matrices.shape[2]);
        ParallelRanges.Run(rows, RowsOfARange, (_, first, count) =>
        {
            Span<T> entries = TLanes.Entries(matrices);
            for (int row = first; row < first + count; row++)
            {
                body(row, entries.Slice(row * width, width));
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LargestOfRow(ReadOnlySpan<T> cosines, ReadOnlySpan<float> keys, int diagonal, float isReal)
    {
        if (isReal == 0)
        {
            return float.NegativeInfinity;
        }

        Vector512<float> largest = Vector512.Create(float.NegativeInfinity);
        for (int i = 0; i < cosines.Length; i += Lanes.Width)
        {
            largest = Vector512.Max(largest, Vector512.ConditionalSelect(IsPair(keys, i, diagonal), TLanes.Load(cosines, i), Vector512.Create(float.NegativeInfinity)));
        }

        return Lanes.Largest(largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double WeighRow(Span<T> cosines, ReadOnlySpan<float> keys, int diagonal, float isReal, float limit, float factor, float shift)
    {
        if (isReal == 0)
        {
            cosines.Clear();
            return 0;
        }

        Vector512<float> sum = default;
        for (int i = 0; i < cosines.Length; i += Lanes.Width)
        {
            Vector512<float> cosine = Vector512.Min(Vector512.Max(TLanes.Load(cosines, i), Vector512.Create(-limit)), Vector512.Create(limit));
            Vector512<float> weight = Lanes.Exp(LogWeight(cosine, factor) - Vector512.Create(shift)) & IsPair(keys, i, diagonal);
            sum += weight;
            TLanes.Store(weight / Vector512.Sqrt((Vector512<float>.One - cosine) * (Vector512<float>.One + cosine)), cosines, i);
        }

        return Vector512.Sum(sum);
    }

    /// <summary>All bits of a lane where its token is real and not the row's own; none beyond the row's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> IsPair(ReadOnlySpan<float> keys, int offset, int diagonal) =>
        Vector512.GreaterThan(Lanes.Load(keys, offset), Vector512<float>.Zero)
        & ~Vector512.Equals(Lanes.Index, Vector512.Create(diagonal - offset)).AsSingle();

    /// <summary>
    /// The arccos times a factor. For x from 0 to 1 it is the root of 1 - x times a polynomial in x (Abramowitz and Stegun, 4.4.46, within 2e-8); below 0 the supplement of that of -x.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> LogWeight(Vector512<float> cosine, float factor)
    {
        Vector512<float> x = Vector512.Abs(cosine);
        Vector512<float> polynomial = Vector512.Create(-0.0012624911f);
        polynomial = Vector512.FusedMultiplyAdd(polynomial, x, Vector512.Create(0.0066700901f));
        polynomial = Vector512.FusedMultiplyAdd(polynomial, x, Vector512.Create(-0.0170881256f));
        polynomial = Vector512.FusedMultiplyAdd(polynomial, x, Vector512.Create(0.0308918810f));
        polynomial = Vector512.FusedMultiplyAdd(polynomial, x, Vector512.Create(-0.0501743046f));
        polynomial = Vector512.FusedMultiplyAdd(polynomial, x, Vector512.Create(0.0889789874f));
        polynomial = Vector512.FusedMultiplyAdd(polynomial, x, Vector512.Create(-0.2145988016f));
        polynomial = Vector512.FusedMultiplyAdd(polynomial, x, Vector512.Create(1.5707963050f));
        Vector512<float> angle = polynomial * Vector512.Sqrt(Vector512<float>.One - x);
        Vector512<float> negative = Vector512.LessThan(cosine, Vector512<float>.Zero);
        return Vector512.ConditionalSelect(negative, Vector512.Create(MathF.PI) - angle, angle) * factor;
    }

    private static float Scale(float norm, double epsilon)
    {
        float denominator = norm + (float)epsilon;
        return denominator == 0 ? 0 : 1 / denominator;
    }

    private delegate void RowAction(int row, Span<T> values);
}

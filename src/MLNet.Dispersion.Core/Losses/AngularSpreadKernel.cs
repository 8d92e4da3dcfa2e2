using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What angular spread does between its two matrix products, for float32 states on the processor: three passes over memory that is still in the cache.</summary>
/// <typeparam name="T">In memory, the number type of the products: float32 or bfloat16.</typeparam>
/// <typeparam name="TLanes">The same type, sixteen at a time.</typeparam>
internal static class AngularSpreadKernel<T, TLanes>
    where T : unmanaged
    where TLanes : struct, ILanes<T>
{
    private const int RowsOfARange = 32;
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>Up to this 1 / tau, weights from exp(-1 / tau) to 1 can be added in float32 as they are.</summary>
    private const double WidestExponent = 40;

    /// <summary>Rows over (norm + epsilon), and the norms; both zero at pads, whatever these hold.</summary>
    /// <param name="states"><c>[S, L, F]</c>, float32, contiguous.</param>
    /// <param name="real">Which tokens are real, <c>[S * L]</c>; null when all are.</param>
    /// <param name="epsilon">Added to the norm. A zero row with epsilon 0 stays zero.</param>
    internal static (Tensor Rows, float[] Norms) UnitRows(Tensor states, bool[]? real, double epsilon)
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
                Span<T> unit = units.Slice(row * width, width);
                if (real?[row] == false)
                {
                    unit.Clear();
                    continue;
                }

                norms[row] = UnitRow(values.Slice(row * width, width), unit, epsilon);
            }
        });
        return (rows, norms);
    }

    /// <summary>Turns cosines into <c>W / sqrt(1 - c^2)</c>, in place, with W the exponentials of minus the distances over tau, zero where there is no pair.</summary>
    /// <param name="cosines"><c>[S, L, L]</c>.</param>
    /// <param name="real">Which tokens are real, <c>[S * L]</c>; null when all are.</param>
    /// <param name="limit">The clamp.</param>
    /// <param name="tau">The temperature.</param>
    /// <returns>Of each sequence: the sum of W, and the logarithm that W was divided by.</returns>
    internal static (double Sum, double Shift)[] Weigh(Tensor cosines, bool[]? real, double limit, double tau)
    {
        var (sequences, length) = ((int)cosines.shape[0], (int)cosines.shape[1]);
        float[] keys = new float[sequences * length];
        Array.Fill(keys, 1);
        for (int i = 0; i < real?.Length; i++)
        {
            keys[i] = real[i] ? 1 : 0;
        }

        float factor = (float)(-1 / (Math.PI * tau));
        float[] shifts = 1 / tau <= WidestExponent ? new float[sequences] : Shifts(cosines, keys, (float)limit, factor);
        var sums = new double[sequences * length];
        ForEachRow(cosines, (row, values) =>
            sums[row] = WeighRow(values, KeysOf(keys, row, length), row % length, keys[row], (float)limit, factor, shifts[row / length]));
        return [.. Enumerable.Range(0, sequences).Select(sequence => (sums.AsSpan(sequence * length, length).ToArray().Sum(), (double)shifts[sequence]))];
    }

    /// <summary>From the gradient g of <c>u = z r</c>, <c>r = 1 / (|z| + eps)</c>, to that of z: <c>r (g - z (g.z) r / |z|)</c>; zero at pads.</summary>
    /// <param name="states">z, <c>[S, L, F]</c>.</param>
    /// <param name="real">Which tokens are real, <c>[S * L]</c>; null when all are.</param>
    /// <param name="norms">Of its rows.</param>
    /// <param name="rowGradients">g, still to be multiplied by the factors, alike.</param>
    /// <param name="factors">One of each sequence.</param>
    /// <param name="epsilon">Added to the norms.</param>
    internal static Tensor StateGradients(Tensor states, bool[]? real, float[] norms, Tensor rowGradients, float[] factors, double epsilon)
    {
        var (length, width) = ((int)states.shape[1], (int)states.shape[2]);
        Tensor gradients = empty_like(states);
        ParallelRanges.Run(norms.Length, RowsOfARange, (_, first, count) =>
        {
            Span<float> values = TensorMemory.Floats(states), results = TensorMemory.Floats(gradients);
            Span<T> slopes = TLanes.Entries(rowGradients);
            for (int row = first; row < first + count; row++)
            {
                Span<float> result = results.Slice(row * width, width);
                if (real?[row] == false)
                {
                    result.Clear();
                    continue;
                }

                StateSlopes(
                    values.Slice(row * width, width),
                    slopes.Slice(row * width, width),
                    result,
                    norms[row],
                    Scale(norms[row], epsilon),
                    factors[row / length]);
            }
        });
        return gradients;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
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

    /// <summary>The logarithm of each sequence's largest weight, so that no temperature makes all of them underflow.</summary>
    private static float[] Shifts(Tensor cosines, float[] keys, float limit, float factor)
    {
        int length = (int)cosines.shape[1];
        var largest = new float[keys.Length];
        ForEachRow(cosines, (row, values) => largest[row] = LargestOfRow(values, KeysOf(keys, row, length), row % length, keys[row]));
        return [.. largest.Chunk(length).Select(rows => LogWeight(Vector512.Create(Math.Clamp(rows.Max(), -limit, limit)), factor)[0])];
    }

    private static ReadOnlySpan<float> KeysOf(float[] keys, int row, int length) => keys.AsSpan(row / length * length, length);

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

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
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
            TLanes.Store(weight * TLanes.ReciprocalSqrt((Vector512<float>.One - cosine) * (Vector512<float>.One + cosine)), cosines, i);
        }

        return Vector512.Sum(sum);
    }

    /// <summary>All bits of a lane where its token is real and not the row's own; none beyond the row's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> IsPair(ReadOnlySpan<float> keys, int offset, int diagonal) =>
        Vector512.GreaterThan(Lanes.Load(keys, offset), Vector512<float>.Zero)
        & ~Vector512.Equals(Lanes.Index, Vector512.Create(diagonal - offset)).AsSingle();

    /// <summary>
    /// The arccos of a number between -1 and 1, not these themselves, times a factor. For x from 0 to 1 it is the root of 1 - x times a polynomial in x (Abramowitz and Stegun, 4.4.46, within 2e-8); below 0 the supplement of that of -x.
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
        Vector512<float> rest = Vector512<float>.One - x;
        Vector512<float> angle = polynomial * (rest * TLanes.ReciprocalSqrt(rest));
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

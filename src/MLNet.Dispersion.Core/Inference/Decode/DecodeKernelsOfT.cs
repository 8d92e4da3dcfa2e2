using System.Runtime.CompilerServices;

namespace MLNet.Dispersion;

/// <summary>The loops with vectors of one width.</summary>
/// <remarks>No loop may be inlined into what calls it: callers are compiled anew once they are hot, and a loop that goes with them loses its registers.</remarks>
internal sealed unsafe class DecodeKernels<TVector, TWide> : DecodeKernels
    where TVector : unmanaged
    where TWide : struct, IWide<TVector>
{
    private const MethodImplOptions Loop = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;

    /// <inheritdoc/>
    internal override void ByRows(void* weights, bool isHalf, int rows, int length, float* x, int inputs, int xStride, float* y, int yStride)
    {
        switch (isHalf, inputs)
        {
            case (false, 1):
                RowsOfOne((float*)weights, rows, length, x, y);
                break;
            case (true, 1):
                RowsOfOne((ushort*)weights, rows, length, x, y);
                break;
            case (false, _):
                RowsOfMany((float*)weights, rows, length, x, inputs, xStride, y, yStride);
                break;
            default:
                RowsOfMany((ushort*)weights, rows, length, x, inputs, xStride, y, yStride);
                break;
        }
    }

    /// <inheritdoc/>
    internal override void ByColumns(void* weights, bool isHalf, int columns, int stride, int length, float* x, int inputs, int xStride, float* y, int yStride)
    {
        for (int input = 0; input < inputs; input++)
        {
            new Span<float>(y + ((long)input * yStride), columns).Clear();
        }

        if (isHalf)
        {
            Columns((ushort*)weights, columns, stride, length, x, inputs, xStride, y, yStride);
        }
        else
        {
            Columns((float*)weights, columns, stride, length, x, inputs, xStride, y, yStride);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(Loop)]
    internal override void AddScaled(float* x, float factor, float* y, int count)
    {
        TVector all = TWide.All(factor);
        int i = 0;
        for (; i + TWide.Width <= count; i += TWide.Width)
        {
            TWide.Store(TWide.MultiplyAdd(TWide.Load(x + i), all, TWide.Load(y + i)), y + i);
        }

        for (; i < count; i++)
        {
            y[i] += x[i] * factor;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(Loop)]
    internal override void Scale(float* y, float factor, int count)
    {
        TVector all = TWide.All(factor);
        int i = 0;
        for (; i + TWide.Width <= count; i += TWide.Width)
        {
            TWide.Store(TWide.Multiply(TWide.Load(y + i), all), y + i);
        }

        for (; i < count; i++)
        {
            y[i] *= factor;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(Loop)]
    internal override void Norm(float* x, float* y, int count, bool isCentred, float epsilon, float* weights, float* biases)
    {
        int width = TWide.Width;
        int whole = count - (count % width);
        float mean = 0;
        if (isCentred)
        {
            TVector sum = default;
            for (int k = 0; k < whole; k += width)
            {
                sum = TWide.Add(sum, TWide.Load(x + k));
            }

            mean = TWide.Sum(sum);
            for (int k = whole; k < count; k++)
            {
                mean += x[k];
            }

            mean /= count;
        }

        TVector shift = TWide.All(-mean);
        TVector squares = default;
        for (int k = 0; k < whole; k += width)
        {
            TVector part = TWide.Add(TWide.Load(x + k), shift);
            squares = TWide.MultiplyAdd(part, part, squares);
        }

        float square = TWide.Sum(squares);
        for (int k = whole; k < count; k++)
        {
            square += (x[k] - mean) * (x[k] - mean);
        }

        float factor = 1 / MathF.Sqrt((square / count) + epsilon);
        TVector factors = TWide.All(factor);
        for (int k = 0; k < whole; k += width)
        {
            TVector part = TWide.Multiply(TWide.Add(TWide.Load(x + k), shift), factors);
            part = weights is null ? part : TWide.Multiply(part, TWide.Load(weights + k));
            TWide.Store(biases is null ? part : TWide.Add(part, TWide.Load(biases + k)), y + k);
        }

        for (int k = whole; k < count; k++)
        {
            float part = (x[k] - mean) * factor * (weights is null ? 1 : weights[k]);
            y[k] = biases is null ? part : part + biases[k];
        }
    }

    /// <inheritdoc/>
    internal override void Activate(Activation activation, float* x, float* other, float* y, int count)
    {
        switch (activation)
        {
            case Activation.Silu:
                Activate<SiluFunction>(x, other, y, count);
                break;
            case Activation.Gelu:
                Activate<GeluFunction>(x, other, y, count);
                break;
            case Activation.TanhGelu:
                Activate<TanhGeluFunction>(x, other, y, count);
                break;
            case Activation.Relu:
                Activate<ReluFunction>(x, other, y, count);
                break;
            case Activation.SquaredRelu:
                Activate<SquaredReluFunction>(x, other, y, count);
                break;
            default:
                for (int i = 0; i < count; i++)
                {
                    y[i] = MathF.Tanh(x[i]) * (other is null ? 1 : other[i]);
                }

                break;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(Loop)]
    internal override void Scores(float* query, float* keys, int size, int count, float scale, float* scores)
    {
        for (int t = 0; t < count; t++, keys += size)
        {
            scores[t] = Dot(query, keys, size) * scale;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(Loop)]
    internal override void Softmax(float* scores, int count)
    {
        int width = TWide.Width;
        int whole = count - (count % width);
        float largest = float.NegativeInfinity;
        for (int t = 0; t < count; t++)
        {
            largest = MathF.Max(largest, scores[t]);
        }

        TVector shift = TWide.All(-largest);
        TVector sums = default;
        for (int t = 0; t < whole; t += width)
        {
            TVector part = Exp(TWide.Add(TWide.Load(scores + t), shift));
            TWide.Store(part, scores + t);
            sums = TWide.Add(sums, part);
        }

        float sum = TWide.Sum(sums);
        for (int t = whole; t < count; t++)
        {
            scores[t] = MathF.Exp(scores[t] - largest);
            sum += scores[t];
        }

        Scale(scores, 1 / sum, count);
    }

    /// <inheritdoc/>
    [MethodImpl(Loop)]
    internal override void AddWeighted(float* weights, float* values, int size, int count, float* y)
    {
        int width = TWide.Width;
        int k = 0;
        for (; k + (4 * width) <= size; k += 4 * width)
        {
            TVector a = TWide.Load(y + k), b = TWide.Load(y + k + width), c = TWide.Load(y + k + (2 * width)), d = TWide.Load(y + k + (3 * width));
            float* value = values + k;
            for (int t = 0; t < count; t++, value += size)
            {
                TVector weight = TWide.All(weights[t]);
                a = TWide.MultiplyAdd(TWide.Load(value), weight, a);
                b = TWide.MultiplyAdd(TWide.Load(value + width), weight, b);
                c = TWide.MultiplyAdd(TWide.Load(value + (2 * width)), weight, c);
                d = TWide.MultiplyAdd(TWide.Load(value + (3 * width)), weight, d);
            }

            TWide.Store(a, y + k);
            TWide.Store(b, y + k + width);
            TWide.Store(c, y + k + (2 * width));
            TWide.Store(d, y + k + (3 * width));
        }

        for (; k + width <= size; k += width)
        {
            TVector a = TWide.Load(y + k);
            float* value = values + k;
            for (int t = 0; t < count; t++, value += size)
            {
                a = TWide.MultiplyAdd(TWide.Load(value), TWide.All(weights[t]), a);
            }

            TWide.Store(a, y + k);
        }

        for (; k < size; k++)
        {
            float sum = y[k];
            for (int t = 0; t < count; t++)
            {
                sum += weights[t] * values[((long)t * size) + k];
            }

            y[k] = sum;
        }
    }

    /// <summary>One input: a row at a time, so that memory is read from front to back, which the processor sees coming.</summary>
    [MethodImpl(Loop)]
    private static void RowsOfOne<T>(T* weights, int rows, int length, float* x, float* y)
        where T : unmanaged
    {
        for (int row = 0; row < rows; row++, weights += length)
        {
            y[row] = Dot(weights, x, length);
        }
    }

    /// <summary>Several inputs: two rows against four inputs at a time, so that a row comes from memory once.</summary>
    [MethodImpl(Loop)]
    private static void RowsOfMany<T>(T* weights, int rows, int length, float* x, int inputs, int xStride, float* y, int yStride)
        where T : unmanaged
    {
        int width = TWide.Width;
        int whole = length - (length % width);
        int fours = inputs - (inputs % 4);
        for (int row = 0; row < rows; row += 2)
        {
            T* a = weights + ((long)row * length);
            bool isPair = row + 1 < rows;
            T* b = isPair ? a + length : a;
            for (int input = 0; input < fours; input += 4)
            {
                float* p = x + ((long)input * xStride);
                float* q = p + xStride;
                float* r = q + xStride;
                float* s = r + xStride;
                TVector ap = default, aq = default, ar = default, az = default, bp = default, bq = default, br = default, bz = default;
                for (int k = 0; k < whole; k += width)
                {
                    TVector first = Load(a + k);
                    TVector second = Load(b + k);
                    TVector other = TWide.Load(p + k);
                    ap = TWide.MultiplyAdd(first, other, ap);
                    bp = TWide.MultiplyAdd(second, other, bp);
                    other = TWide.Load(q + k);
                    aq = TWide.MultiplyAdd(first, other, aq);
                    bq = TWide.MultiplyAdd(second, other, bq);
                    other = TWide.Load(r + k);
                    ar = TWide.MultiplyAdd(first, other, ar);
                    br = TWide.MultiplyAdd(second, other, br);
                    other = TWide.Load(s + k);
                    az = TWide.MultiplyAdd(first, other, az);
                    bz = TWide.MultiplyAdd(second, other, bz);
                }

                float* to = y + ((long)input * yStride) + row;
                if (isPair)
                {
                    to[1] = TWide.Sum(bp) + Rest(b, p, whole, length);
                    to[yStride + 1] = TWide.Sum(bq) + Rest(b, q, whole, length);
                    to[(2 * yStride) + 1] = TWide.Sum(br) + Rest(b, r, whole, length);
                    to[(3 * yStride) + 1] = TWide.Sum(bz) + Rest(b, s, whole, length);
                }

                to[0] = TWide.Sum(ap) + Rest(a, p, whole, length);
                to[yStride] = TWide.Sum(aq) + Rest(a, q, whole, length);
                to[2 * yStride] = TWide.Sum(ar) + Rest(a, r, whole, length);
                to[3 * yStride] = TWide.Sum(az) + Rest(a, s, whole, length);
            }

            for (int input = fours; input < inputs; input++)
            {
                float* from = x + ((long)input * xStride);
                float* to = y + ((long)input * yStride) + row;
                to[0] = Dot(a, from, length);
                if (isPair)
                {
                    to[1] = Dot(b, from, length);
                }
            }
        }
    }

    /// <summary>Four rows of a matrix at a time are added to all outputs, so that it comes from memory once and in its order.</summary>
    [MethodImpl(Loop)]
    private static void Columns<T>(T* weights, int columns, int stride, int length, float* x, int inputs, int xStride, float* y, int yStride)
        where T : unmanaged
    {
        int width = TWide.Width;
        int whole = columns - (columns % width);
        int k = 0;
        for (; k + 4 <= length; k += 4)
        {
            T* a = weights + ((long)k * stride);
            T* b = a + stride;
            T* c = b + stride;
            T* d = c + stride;
            for (int input = 0; input < inputs; input++)
            {
                float* from = x + ((long)input * xStride) + k;
                float* to = y + ((long)input * yStride);
                TVector p = TWide.All(from[0]), q = TWide.All(from[1]), r = TWide.All(from[2]), s = TWide.All(from[3]);
                for (int column = 0; column < whole; column += width)
                {
                    TVector sum = TWide.MultiplyAdd(Load(a + column), p, TWide.Load(to + column));
                    sum = TWide.MultiplyAdd(Load(b + column), q, sum);
                    sum = TWide.MultiplyAdd(Load(c + column), r, sum);
                    TWide.Store(TWide.MultiplyAdd(Load(d + column), s, sum), to + column);
                }

                for (int column = whole; column < columns; column++)
                {
                    to[column] += (Single(a + column) * from[0]) + (Single(b + column) * from[1]) + (Single(c + column) * from[2]) + (Single(d + column) * from[3]);
                }
            }
        }

        for (; k < length; k++)
        {
            T* a = weights + ((long)k * stride);
            for (int input = 0; input < inputs; input++)
            {
                float from = x[((long)input * xStride) + k];
                float* to = y + ((long)input * yStride);
                for (int column = 0; column < columns; column++)
                {
                    to[column] += Single(a + column) * from;
                }
            }
        }
    }

    [MethodImpl(Loop)]
    private static void Activate<TFunction>(float* x, float* other, float* y, int count)
        where TFunction : struct, IFunction
    {
        int i = 0;
        for (; i + TWide.Width <= count; i += TWide.Width)
        {
            TVector value = TFunction.Of(TWide.Load(x + i));
            TWide.Store(other is null ? value : TWide.Multiply(value, TWide.Load(other + i)), y + i);
        }

        if (i < count)
        {
            float* part = stackalloc float[TWide.Width];
            for (int k = 0; i + k < count; k++)
            {
                part[k] = x[i + k];
            }

            TWide.Store(TFunction.Of(TWide.Load(part)), part);
            for (int k = 0; i + k < count; k++)
            {
                y[i + k] = other is null ? part[k] : part[k] * other[i + k];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Dot<T>(T* weights, float* x, int length)
        where T : unmanaged
    {
        // Four sums side by side, so that no addition waits for the one before.
        int width = TWide.Width;
        TVector a = default, b = default, c = default, d = default;
        int k = 0;
        for (; k + (4 * width) <= length; k += 4 * width)
        {
            a = TWide.MultiplyAdd(Load(weights + k), TWide.Load(x + k), a);
            b = TWide.MultiplyAdd(Load(weights + k + width), TWide.Load(x + k + width), b);
            c = TWide.MultiplyAdd(Load(weights + k + (2 * width)), TWide.Load(x + k + (2 * width)), c);
            d = TWide.MultiplyAdd(Load(weights + k + (3 * width)), TWide.Load(x + k + (3 * width)), d);
        }

        for (; k + width <= length; k += width)
        {
            a = TWide.MultiplyAdd(Load(weights + k), TWide.Load(x + k), a);
        }

        return TWide.Sum(TWide.Add(TWide.Add(a, b), TWide.Add(c, d))) + Rest(weights, x, k, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Rest<T>(T* weights, float* x, int from, int length)
        where T : unmanaged
    {
        float sum = 0;
        for (int k = from; k < length; k++)
        {
            sum += Single(weights + k) * x[k];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Load<T>(T* source)
        where T : unmanaged => typeof(T) == typeof(float) ? TWide.Load((float*)source) : TWide.Load((ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Single<T>(T* source)
        where T : unmanaged => typeof(T) == typeof(float) ? *(float*)source : BitConverter.UInt32BitsToSingle((uint)*(ushort*)source << 16);

    /// <summary>The exponentials, as those of <see cref="Lanes"/>; about 0 below -87.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exp(TVector numbers)
    {
        TVector x = TWide.Max(TWide.Min(numbers, TWide.All(88.37f)), TWide.All(-87.3f));
        TVector power = TWide.Round(TWide.Multiply(x, TWide.All(1.44269504f)));
        TVector rest = TWide.MultiplyAdd(power, TWide.All(-0.693359375f), x);
        rest = TWide.MultiplyAdd(power, TWide.All(2.12194440e-4f), rest);
        TVector series = TWide.MultiplyAdd(TWide.All(1 / 5040f), rest, TWide.All(1 / 720f));
        series = TWide.MultiplyAdd(series, rest, TWide.All(1 / 120f));
        series = TWide.MultiplyAdd(series, rest, TWide.All(1 / 24f));
        series = TWide.MultiplyAdd(series, rest, TWide.All(1 / 6f));
        series = TWide.MultiplyAdd(series, rest, TWide.All(0.5f));
        series = TWide.MultiplyAdd(series, rest, TWide.All(1));
        series = TWide.MultiplyAdd(series, rest, TWide.All(1));
        return TWide.Scale(series, power);
    }

    /// <summary>x over 1 + exp(-factor).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Logistic(TVector x, TVector negativeFactor) => TWide.Divide(x, TWide.Add(TWide.All(1), Exp(negativeFactor)));

    private interface IFunction
    {
        static abstract TVector Of(TVector x);
    }

    private readonly struct SiluFunction : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x) => Logistic(x, TWide.Multiply(x, TWide.All(-1)));
    }

    /// <summary>As <see cref="TanhGelu"/>.</summary>
    private readonly struct TanhGeluFunction : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x)
        {
            TVector inner = TWide.MultiplyAdd(TWide.Multiply(x, x), TWide.All(0.044715f), TWide.All(1));
            return Logistic(x, TWide.Multiply(TWide.Multiply(x, inner), TWide.All(-2 * 0.7978845608f)));
        }
    }

    /// <summary>By the error function's approximation 7.1.26 of Abramowitz and Stegun, within 1.5e-7.</summary>
    private readonly struct GeluFunction : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x)
        {
            TVector z = TWide.Multiply(TWide.Abs(x), TWide.All(0.70710678f));
            TVector t = TWide.Divide(TWide.All(1), TWide.MultiplyAdd(z, TWide.All(0.3275911f), TWide.All(1)));
            TVector series = TWide.MultiplyAdd(TWide.All(1.061405429f), t, TWide.All(-1.453152027f));
            series = TWide.MultiplyAdd(series, t, TWide.All(1.421413741f));
            series = TWide.MultiplyAdd(series, t, TWide.All(-0.284496736f));
            series = TWide.MultiplyAdd(series, t, TWide.All(0.254829592f));
            TVector beyond = TWide.Multiply(TWide.Multiply(series, t), Exp(TWide.Multiply(TWide.Multiply(z, z), TWide.All(-1))));
            TVector share = TWide.Multiply(beyond, TWide.All(0.5f));
            return TWide.Multiply(x, TWide.BySign(x, TWide.Add(TWide.All(1), TWide.Multiply(share, TWide.All(-1))), share));
        }
    }

    private readonly struct ReluFunction : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x) => TWide.Max(x, TWide.All(0));
    }

    private readonly struct SquaredReluFunction : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x)
        {
            TVector positive = TWide.Max(x, TWide.All(0));
            return TWide.Multiply(positive, positive);
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNet.Dispersion;

/// <summary>Products of matrices in a file's blocks, Q8_0 and Q4_1, with inputs that are rounded to 8 bits alike: whole numbers are multiplied and added exactly, then scaled, block by block.</summary>
/// <remarks>
/// A rounded input is blocks of 32 numbers: a scale and what the numbers, rounded, add up to, both float32, then a byte a number. An entry is off by half a scale at most, which is the block's largest entry over 127,
/// and a product by half a scale times the sum of its weights' sizes in each block. Stateless, hence thread-safe.
/// </remarks>
internal static unsafe class BlockProducts
{
    /// <summary>Numbers of a block.</summary>
    internal const int Block = 32;

    private const MethodImplOptions Loop = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;
    private const int InputBlock = (2 * sizeof(float)) + Block;
    private const float Most = 127;

    /// <summary>Every half-precision number by its bits: one load, where converting takes a dozen instructions.</summary>
    private static readonly float* Halves = MakeHalves();

    /// <summary>How a block of a matrix is stored.</summary>
    private interface IBlocks
    {
        /// <summary>Bytes of a block.</summary>
        static abstract int Bytes { get; }

        /// <summary>What is added to each product of a block: its minimum times what the input's numbers add up to.</summary>
        static abstract float Shift(byte* block, float sum, float* halves);

        /// <summary>The whole numbers of a block, two halves of 16.</summary>
        static abstract (Vector128<sbyte> Lower, Vector128<sbyte> Upper) Numbers(byte* block);

        /// <summary>Whole numbers of a block times those of an input, in sums of four; needs AVX2.</summary>
        static abstract Vector256<int> Products(byte* block, Vector256<sbyte> input);
    }

    /// <summary>Whether there are products with a matrix that is stored so.</summary>
    internal static bool Has(GgufType type) => type is GgufType.Q8_0 or GgufType.Q4_1;

    /// <summary>Bytes of a rounded input.</summary>
    internal static int InputBytes(int length) => length / Block * InputBlock;

    /// <summary>Rounds an input; NaN and infinity become a scale.</summary>
    /// <param name="numbers">The input.</param>
    /// <param name="length">Its numbers, whole blocks.</param>
    /// <param name="to">Where to.</param>
    [MethodImpl(Loop)]
    internal static void Round(float* numbers, int length, byte* to)
    {
        for (float* end = numbers + length; numbers < end; numbers += Block, to += InputBlock)
        {
            Vector256<float> a = Vector256.Load(numbers), b = Vector256.Load(numbers + 8), c = Vector256.Load(numbers + 16), d = Vector256.Load(numbers + 24);
            Vector256<float> sizes = Vector256.Max(Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)), Vector256.Max(Vector256.Abs(c), Vector256.Abs(d)));
            float largest = 0;
            for (int i = 0; i < Vector256<float>.Count; i++)
            {
                largest = MathF.Max(largest, sizes[i]);
            }

            Vector256<float> factor = Vector256.Create(largest > 0 ? Most / largest : 0);
            Vector256<int> p = Whole(a, factor), q = Whole(b, factor), r = Whole(c, factor), s = Whole(d, factor);
            float scale = largest / Most;
            ((float*)to)[0] = scale;
            ((float*)to)[1] = scale * Vector256.Sum(p + q + r + s);
            Vector256.Narrow(Vector256.Narrow(p, q), Vector256.Narrow(r, s)).Store((sbyte*)(to + (2 * sizeof(float))));
        }
    }

    /// <summary>Products of some rows of a matrix with inputs.</summary>
    /// <param name="type">How the matrix is stored.</param>
    /// <param name="weights">The first of those rows.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="length">Numbers of a row, and of an input; whole blocks.</param>
    /// <param name="x">The inputs, rounded, one behind the other.</param>
    /// <param name="inputs">How many.</param>
    /// <param name="y">The outputs, overwritten.</param>
    /// <param name="yStride">From one input's outputs to the next's.</param>
    internal static void Multiply(GgufType type, byte* weights, int rows, int length, byte* x, int inputs, float* y, int yStride)
    {
        if (type == GgufType.Q8_0)
        {
            Multiply<Eights>(weights, rows, length / Block, x, inputs, y, yStride);
        }
        else
        {
            Multiply<Fours>(weights, rows, length / Block, x, inputs, y, yStride);
        }
    }

    [MethodImpl(Loop)]
    private static void Multiply<T>(byte* weights, int rows, int blocks, byte* x, int inputs, float* y, int yStride)
        where T : struct, IBlocks
    {
        float* halves = Halves;
        long bytes = (long)blocks * T.Bytes;
        int row = 0;

        // For one input the matrix is read from front to back: four rows side by side halve what memory gives. For several they share what they read of the inputs.
        int single = Avx2.IsSupported && inputs == 1 ? rows / 4 * 4 : 0;
        for (; row < single; row++, weights += bytes)
        {
            y[row] = WideRow<T>(weights, blocks, x, halves);
        }

        for (; Avx2.IsSupported && row + 4 <= rows; row += 4, weights += 4 * bytes)
        {
            byte* input = x;
            float* to = y + row;
            for (int i = 0; i < inputs; i++, input += (long)blocks * InputBlock, to += yStride)
            {
                FourRows<T>(weights, bytes, blocks, input, halves, to);
            }
        }

        for (; row < rows; row++, weights += bytes)
        {
            byte* input = x;
            float* to = y + row;
            for (int i = 0; i < inputs; i++, input += (long)blocks * InputBlock, to += yStride)
            {
                *to = OneRow<T>(weights, blocks, input, halves);
            }
        }
    }

    /// <summary>One input with four rows, by AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourRows<T>(byte* a, long bytes, int blocks, byte* x, float* halves, float* y)
        where T : struct, IBlocks
    {
        byte* b = a + bytes;
        byte* c = b + bytes;
        byte* d = c + bytes;
        Vector256<float> sumA = default, sumB = default, sumC = default, sumD = default;
        float shiftA = 0, shiftB = 0, shiftC = 0, shiftD = 0;
        for (int block = 0; block < blocks; block++, x += InputBlock, a += T.Bytes, b += T.Bytes, c += T.Bytes, d += T.Bytes)
        {
            float scale = ((float*)x)[0], sum = ((float*)x)[1];
            Vector256<sbyte> input = Vector256.Load((sbyte*)(x + (2 * sizeof(float))));
            sumA = Scaled(T.Products(a, input), halves[*(ushort*)a] * scale, sumA);
            sumB = Scaled(T.Products(b, input), halves[*(ushort*)b] * scale, sumB);
            sumC = Scaled(T.Products(c, input), halves[*(ushort*)c] * scale, sumC);
            sumD = Scaled(T.Products(d, input), halves[*(ushort*)d] * scale, sumD);
            shiftA += T.Shift(a, sum, halves);
            shiftB += T.Shift(b, sum, halves);
            shiftC += T.Shift(c, sum, halves);
            shiftD += T.Shift(d, sum, halves);
        }

        y[0] = Vector256.Sum(sumA) + shiftA;
        y[1] = Vector256.Sum(sumB) + shiftB;
        y[2] = Vector256.Sum(sumC) + shiftC;
        y[3] = Vector256.Sum(sumD) + shiftD;
    }

    /// <summary>One input with one row, by AVX2: the same sums in the same order as of four rows, so that a text alone gives the bits that it gives beside others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float WideRow<T>(byte* weights, int blocks, byte* x, float* halves)
        where T : struct, IBlocks
    {
        Vector256<float> sum = default;
        float shift = 0;
        for (int block = 0; block < blocks; block++, x += InputBlock, weights += T.Bytes)
        {
            sum = Scaled(T.Products(weights, Vector256.Load((sbyte*)(x + (2 * sizeof(float))))), halves[*(ushort*)weights] * ((float*)x)[0], sum);
            shift += T.Shift(weights, ((float*)x)[1], halves);
        }

        return Vector256.Sum(sum) + shift;
    }

    /// <summary>One input with one row, by what every processor has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float OneRow<T>(byte* weights, int blocks, byte* x, float* halves)
        where T : struct, IBlocks
    {
        float result = 0;
        for (int block = 0; block < blocks; block++, x += InputBlock, weights += T.Bytes)
        {
            sbyte* input = (sbyte*)(x + (2 * sizeof(float)));
            (Vector128<sbyte> lower, Vector128<sbyte> upper) = T.Numbers(weights);
            Vector128<int> whole = Products(lower, Vector128.Load(input)) + Products(upper, Vector128.Load(input + Vector128<sbyte>.Count));
            result += (Vector128.Sum(whole) * (halves[*(ushort*)weights] * ((float*)x)[0])) + T.Shift(weights, ((float*)x)[1], halves);
        }

        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scaled(Vector256<int> products, float scale, Vector256<float> sum) =>
        Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(products), Vector256.Create(scale), sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Products(Vector128<sbyte> a, Vector128<sbyte> b)
    {
        (Vector128<short> lower, Vector128<short> upper) = Vector128.Widen(a);
        (Vector128<short> otherLower, Vector128<short> otherUpper) = Vector128.Widen(b);
        (Vector128<int> p, Vector128<int> q) = Vector128.Widen(lower * otherLower);
        (Vector128<int> r, Vector128<int> s) = Vector128.Widen(upper * otherUpper);
        return p + q + r + s;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Whole(Vector256<float> numbers, Vector256<float> factor) => Vector256.ConvertToInt32Native(Vector256.Round(numbers * factor));

    private static float* MakeHalves()
    {
        float* halves = (float*)NativeMemory.Alloc(ushort.MaxValue + 1, sizeof(float));
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            halves[bits] = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
        }

        return halves;
    }

    /// <summary>Q8_0: a scale in half precision, then a byte a number.</summary>
    private readonly struct Eights : IBlocks
    {
        public static int Bytes => sizeof(ushort) + Block;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Shift(byte* block, float sum, float* halves) => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (Vector128<sbyte> Lower, Vector128<sbyte> Upper) Numbers(byte* block)
        {
            sbyte* numbers = (sbyte*)(block + sizeof(ushort));
            return (Vector128.Load(numbers), Vector128.Load(numbers + Vector128<sbyte>.Count));
        }

        /// <inheritdoc/>
        /// <remarks>Of two factors one gets the other's sign, since the instruction wants one without.</remarks>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Products(byte* block, Vector256<sbyte> input)
        {
            Vector256<sbyte> numbers = Vector256.Load((sbyte*)(block + sizeof(ushort)));
            return Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(Avx2.Abs(numbers), Avx2.Sign(input, numbers)), Vector256<short>.One);
        }
    }

    /// <summary>Q4_1: a scale and a minimum in half precision, then the low halves of bytes and the high ones.</summary>
    private readonly struct Fours : IBlocks
    {
        public static int Bytes => (2 * sizeof(ushort)) + (Block / 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Shift(byte* block, float sum, float* halves) => halves[((ushort*)block)[1]] * sum;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (Vector128<sbyte> Lower, Vector128<sbyte> Upper) Numbers(byte* block)
        {
            Vector128<byte> pairs = Vector128.Load(block + (2 * sizeof(ushort)));
            Vector128<byte> low = Vector128.Create((byte)15);
            return ((pairs & low).AsSByte(), (Vector128.ShiftRightLogical(pairs.AsUInt16(), 4).AsByte() & low).AsSByte());
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Products(byte* block, Vector256<sbyte> input)
        {
            (Vector128<sbyte> lower, Vector128<sbyte> upper) = Numbers(block);
            return Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(Vector256.Create(lower, upper).AsByte(), input), Vector256<short>.One);
        }
    }
}

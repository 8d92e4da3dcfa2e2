using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Tests.Inference;

/// <summary>Products with matrices in a file's blocks against sums in double precision.</summary>
public sealed unsafe class BlockProductTests
{
    private const int Block = BlockProducts.Block;

    /// <summary>Some float32 roundings of what is added up, relative to its size.</summary>
    private const double Rounding = 2e-6;

    public static TheoryData<string, int, int, int> Shapes => new()
    {
        { "Q8_0", 1, 1, 1 },
        { "Q8_0", 3, 9, 1 },
        { "Q8_0", 18, 7, 1 },
        { "Q8_0", 18, 10, 8 },
        { "Q4_1", 1, 1, 1 },
        { "Q4_1", 3, 9, 1 },
        { "Q4_1", 18, 7, 1 },
        { "Q4_1", 18, 10, 8 },
    };

    /// <summary>Rows by four go through AVX2 where it is there; those left over through what every processor has.</summary>
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Multiply_Blocks_IsOffByTheInputsRoundingAlone(string name, int blocks, int rows, int inputs)
    {
        GgufType type = Enum.Parse<GgufType>(name);
        int length = blocks * Block;
        var random = new Random(3);
        byte[] weights = Weights(type, rows * blocks, random);
        float[] values = new float[rows * length];
        GgufBlocks.Decode(type, weights, values);
        float[] x = [.. Enumerable.Range(0, inputs * length).Select(i => i / Block == blocks - 1 && blocks > 1 ? 0 : (float)((random.NextDouble() - 0.4) * Math.Pow(10, (i / Block % 5) - 2)))];

        byte[] rounded = Rounded(x, length);
        float[] y = [.. Enumerable.Repeat(7f, inputs * (rows + 2))];
        fixed (byte* from = weights, by = rounded)
        fixed (float* to = y)
        {
            BlockProducts.Multiply(type, from, rows, length, by, inputs, to, rows + 2);
        }

        for (int input = 0; input < inputs; input++)
        {
            for (int row = 0; row < rows; row++)
            {
                double exact = 0, size = 0, bound = 0;
                for (int i = 0; i < length; i++)
                {
                    double weight = values[(row * length) + i];
                    int place = (input * length) + i;
                    exact += weight * x[place];
                    size += Largest(type, weights.AsSpan(((row * length) + i) / Block * GgufBlocks.Bytes(type))) * Math.Abs(x[place]);
                    double largest = x.Skip(place / Block * Block).Take(Block).Max(Math.Abs);
                    bound += Math.Abs(weight) * largest / 127 / 2;
                }

                Assert.InRange(Math.Abs(y[(input * (rows + 2)) + row] - exact), 0, bound + (Rounding * size));
            }

            Assert.Equal([7f, 7f], y[((input * (rows + 2)) + rows)..((input + 1) * (rows + 2))]);
        }
    }

    [Fact]
    public void Round_Numbers_AreOffByHalfAStepAndAddUp()
    {
        var random = new Random(5);
        float[] x = [.. Enumerable.Range(0, 3 * Block).Select(i => i < Block ? 0 : (float)(random.NextDouble() - 0.5) * i)];
        byte[] rounded = Rounded(x, x.Length);
        for (int block = 0; block < 3; block++)
        {
            ReadOnlySpan<byte> bytes = rounded.AsSpan(block * 40, 40);
            float scale = MemoryMarshal.Read<float>(bytes), sum = MemoryMarshal.Read<float>(bytes[4..]);
            sbyte[] numbers = MemoryMarshal.Cast<byte, sbyte>(bytes[8..]).ToArray();
            float[] own = x[(block * Block)..((block + 1) * Block)];
            Assert.Equal(own.Max(Math.Abs) / 127, scale);
            Assert.Equal(scale * numbers.Sum(number => number), sum);
            Assert.All(own.Zip(numbers), pair => Assert.InRange(Math.Abs(pair.First - (scale * pair.Second)), 0, 0.50001 * scale));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Multiply_InputsThatAreNoNumbers_GiveNone(float number)
    {
        float[] x = new float[Block];
        x[9] = number;
        byte[] rounded = Rounded(x, Block);
        foreach (GgufType type in new[] { GgufType.Q8_0, GgufType.Q4_1 })
        {
            byte[] weights = Weights(type, 5, new Random(7));
            float[] y = new float[5];
            fixed (byte* from = weights, by = rounded)
            fixed (float* to = y)
            {
                BlockProducts.Multiply(type, from, 5, Block, by, 1, to, 5);
            }

            Assert.All(y, value => Assert.False(float.IsFinite(value)));
        }
    }

    /// <summary>The largest that may be added up for a weight of a block: of Q4_1 the scale's share and the minimum's, which may be larger than the weight.</summary>
    private static double Largest(GgufType type, ReadOnlySpan<byte> block)
    {
        double scale = Math.Abs((double)BitConverter.ToHalf(block));
        return type == GgufType.Q8_0 ? 128 * scale : (15 * scale) + Math.Abs((double)BitConverter.ToHalf(block[2..]));
    }

    private static byte[] Rounded(float[] x, int length)
    {
        byte[] rounded = new byte[x.Length / length * BlockProducts.InputBytes(length)];
        fixed (float* from = x)
        fixed (byte* to = rounded)
        {
            for (int input = 0; input < x.Length / length; input++)
            {
                BlockProducts.Round(from + (input * length), length, to + (input * BlockProducts.InputBytes(length)));
            }
        }

        return rounded;
    }

    /// <summary>Any bytes, the least and the largest numbers among them; scales and minima are numbers of either sign.</summary>
    private static byte[] Weights(GgufType type, int count, Random random)
    {
        byte[] bytes = new byte[count * GgufBlocks.Bytes(type)];
        random.NextBytes(bytes);
        for (int block = 0; block < count; block++)
        {
            Span<byte> own = bytes.AsSpan(block * GgufBlocks.Bytes(type), GgufBlocks.Bytes(type));
            own[^1] = 128;
            own[^2] = 127;
            own[^3] = 255;
            for (int place = 0; place < (type == GgufType.Q4_1 ? 2 : 1); place++)
            {
                BitConverter.TryWriteBytes(own[(2 * place)..], (Half)(random.NextDouble() - 0.5));
            }
        }

        return bytes;
    }
}

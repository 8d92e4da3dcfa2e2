namespace MLNet.Dispersion;

/// <summary>How the values of a GGUF tensor are stored. Numbers are those of the format.</summary>
internal enum GgufType
{
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    IQ4_NL = 20,
    IQ4_XS = 23,
    BF16 = 30,
}

/// <summary>Sizes of blocks, and what their bytes mean.</summary>
/// <remarks>
/// A block holds the same number of values of one row, with scales of its own. All products are exact in float32, so that only the addition of a minimum rounds:
/// the values are those of every other reader, bit for bit.
/// </remarks>
internal static class GgufBlocks
{
    /// <summary>The most values of a block.</summary>
    internal const int MaxBlockSize = 256;

    private const int Half = 2;

    private static readonly float[] NonLinear = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>The types that are read.</summary>
    internal static string Names { get; } = string.Join(", ", Enum.GetNames<GgufType>());

    /// <summary>Values of a block.</summary>
    internal static int Size(GgufType type) => type switch
    {
        GgufType.F32 or GgufType.F16 or GgufType.BF16 => 1,
        GgufType.Q4_0 or GgufType.Q4_1 or GgufType.Q5_0 or GgufType.Q5_1 or GgufType.Q8_0 or GgufType.IQ4_NL => 32,
        _ => MaxBlockSize,
    };

    /// <summary>Bytes of a block.</summary>
    internal static int Bytes(GgufType type) => type switch
    {
        GgufType.F32 => 4,
        GgufType.F16 or GgufType.BF16 => 2,
        GgufType.Q4_0 or GgufType.IQ4_NL => 18,
        GgufType.Q4_1 => 20,
        GgufType.Q5_0 => 22,
        GgufType.Q5_1 => 24,
        GgufType.Q8_0 => 34,
        GgufType.Q2_K => 84,
        GgufType.Q3_K => 110,
        GgufType.Q4_K => 144,
        GgufType.Q5_K => 176,
        GgufType.Q6_K => 210,
        GgufType.IQ4_XS => 136,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such type."),
    };

    /// <summary>Computes the values of whole blocks.</summary>
    /// <param name="type">How they are stored.</param>
    /// <param name="bytes">Blocks, one after the other.</param>
    /// <param name="values">As many values as the blocks hold.</param>
    internal static void Decode(GgufType type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        int size = Size(type);
        int step = Bytes(type);
        for (int block = 0; block < values.Length / size; block++)
        {
            DecodeBlock(type, bytes.Slice(block * step, step), values.Slice(block * size, size));
        }
    }

    private static void DecodeBlock(GgufType type, ReadOnlySpan<byte> b, Span<float> y)
    {
        switch (type)
        {
            case GgufType.F32:
                y[0] = BitConverter.ToSingle(b);
                break;
            case GgufType.F16:
                y[0] = Scale(b);
                break;
            case GgufType.BF16:
                y[0] = BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(b) << 16);
                break;
            case GgufType.Q8_0:
                float scale = Scale(b);
                for (int i = 0; i < y.Length; i++)
                {
                    y[i] = scale * (sbyte)b[Half + i];
                }

                break;
            case GgufType.Q4_0:
                Nibbles(b[Half..], y);
                Linear(y, Scale(b), -8, 0);
                break;
            case GgufType.Q4_1:
                Nibbles(b[(2 * Half)..], y);
                Linear(y, Scale(b), 0, Scale(b[Half..]));
                break;
            case GgufType.Q5_0:
                Nibbles(b[6..], y);
                FifthBits(BitConverter.ToUInt32(b[Half..]), y);
                Linear(y, Scale(b), -16, 0);
                break;
            case GgufType.Q5_1:
                Nibbles(b[8..], y);
                FifthBits(BitConverter.ToUInt32(b[(2 * Half)..]), y);
                Linear(y, Scale(b), 0, Scale(b[Half..]));
                break;
            case GgufType.IQ4_NL:
                Table(b[Half..], Scale(b), y);
                break;
            case GgufType.Q2_K:
                TwoBits(b, y);
                break;
            case GgufType.Q3_K:
                ThreeBits(b, y);
                break;
            case GgufType.Q4_K:
                Groups(b, default, b[16..], y);
                break;
            case GgufType.Q5_K:
                Groups(b, b.Slice(16, 32), b[48..], y);
                break;
            case GgufType.Q6_K:
                SixBits(b, y);
                break;
            case GgufType.IQ4_XS:
                TableGroups(b, y);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such type.");
        }
    }

    private static float Scale(ReadOnlySpan<byte> b) => (float)BitConverter.UInt16BitsToHalf(BitConverter.ToUInt16(b));

    // Low halves of the bytes first, then the high ones.
    private static void Nibbles(ReadOnlySpan<byte> b, Span<float> y)
    {
        int half = y.Length / 2;
        for (int i = 0; i < half; i++)
        {
            y[i] = b[i] & 15;
            y[half + i] = b[i] >> 4;
        }
    }

    private static void FifthBits(uint bits, Span<float> y)
    {
        for (int i = 0; i < y.Length; i++)
        {
            y[i] += ((bits >> i) & 1) << 4;
        }
    }

    private static void Linear(Span<float> y, float scale, float shift, float minimum)
    {
        for (int i = 0; i < y.Length; i++)
        {
            float product = scale * (y[i] + shift);
            y[i] = minimum == 0 && shift != 0 ? product : product + minimum;
        }
    }

    private static void Table(ReadOnlySpan<byte> b, float scale, Span<float> y)
    {
        int half = y.Length / 2;
        for (int i = 0; i < half; i++)
        {
            y[i] = scale * NonLinear[b[i] & 15];
            y[half + i] = scale * NonLinear[b[i] >> 4];
        }
    }

    private static void TwoBits(ReadOnlySpan<byte> b, Span<float> y)
    {
        float scale = Scale(b[80..]), minimum = Scale(b[82..]);
        for (int i = 0; i < y.Length; i++)
        {
            int s = b[i / 16];
            int q = (b[16 + (32 * (i / 128)) + (i % 32)] >> (2 * (i / 32 % 4))) & 3;
            y[i] = (scale * (s & 15) * q) - (minimum * (s >> 4));
        }
    }

    private static void ThreeBits(ReadOnlySpan<byte> b, Span<float> y)
    {
        float scale = Scale(b[108..]);
        ReadOnlySpan<byte> s = b.Slice(96, 12);
        for (int i = 0; i < y.Length; i++)
        {
            int half = i / 128, k = i / 32 % 4, l = i % 32, group = i / 16;
            int q = (b[32 + (32 * half) + l] >> (2 * k)) & 3;
            q -= ((b[l] >> ((4 * half) + k)) & 1) != 0 ? 0 : 4;
            int low = group < 8 ? s[group] & 15 : s[group - 8] >> 4;
            int six = low | (((s[8 + (group % 4)] >> (2 * (group / 4))) & 3) << 4);
            y[i] = scale * (six - 32) * q;
        }
    }

    // Eight groups of 32, scales and minima of six bits; a fifth bit of each value where there is one.
    private static void Groups(ReadOnlySpan<byte> b, ReadOnlySpan<byte> fifth, ReadOnlySpan<byte> quants, Span<float> y)
    {
        float scale = Scale(b), minimum = Scale(b[Half..]);
        ReadOnlySpan<byte> s = b.Slice(4, 12);
        for (int group = 0; group < 8; group++)
        {
            int groupScale = group < 4 ? s[group] & 63 : (s[group + 4] & 15) | (s[group - 4] >> 6 << 4);
            int groupMinimum = group < 4 ? s[group + 4] & 63 : (s[group + 4] >> 4) | (s[group] >> 6 << 4);
            for (int l = 0; l < 32; l++)
            {
                int q = (quants[(32 * (group / 2)) + l] >> (4 * (group % 2))) & 15;
                q |= fifth.IsEmpty ? 0 : ((fifth[l] >> group) & 1) << 4;
                y[(32 * group) + l] = (scale * groupScale * q) - (minimum * groupMinimum);
            }
        }
    }

    private static void SixBits(ReadOnlySpan<byte> b, Span<float> y)
    {
        float scale = Scale(b[208..]);
        for (int i = 0; i < y.Length; i++)
        {
            int half = i / 128, k = i / 32 % 4, l = i % 32;
            int low = (b[(64 * half) + (32 * (k % 2)) + l] >> (k < 2 ? 0 : 4)) & 15;
            int q = (low | (((b[128 + (32 * half) + l] >> (2 * k)) & 3) << 4)) - 32;
            y[i] = scale * (sbyte)b[192 + (i / 16)] * q;
        }
    }

    private static void TableGroups(ReadOnlySpan<byte> b, Span<float> y)
    {
        float scale = Scale(b);
        int high = BitConverter.ToUInt16(b[Half..]);
        for (int group = 0; group < 8; group++)
        {
            int six = ((b[4 + (group / 2)] >> (4 * (group % 2))) & 15) | (((high >> (2 * group)) & 3) << 4);
            Table(b.Slice(8 + (16 * group), 16), scale * (six - 32), y.Slice(32 * group, 32));
        }
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Stores values as GGUF files do, byte for byte as ggml: F32, F16, BF16 and Q8_0.</summary>
internal static class GgufEncoder
{
    private const int ChunkValues = 1 << 18;
    private const float LargestQuant = 127;

    /// <summary>Writes a tensor's values, row-major.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="values">Float32, contiguous, on the CPU; its rows are whole blocks.</param>
    /// <param name="type">How.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="ArgumentException">A finite value is beyond the range of the type.</exception>
    internal static void Write(Stream stream, Tensor values, GgufType type, string name)
    {
        using var scope = NewDisposeScope();
        Tensor flat = values.view(-1);
        int size = GgufBlocks.Size(type), step = GgufBlocks.Bytes(type);
        byte[] bytes = new byte[(int)Math.Min(flat.numel(), ChunkValues) / size * step];
        for (long start = 0; start < flat.numel(); start += ChunkValues)
        {
            using Tensor part = flat.narrow(0, start, Math.Min(ChunkValues, flat.numel() - start));
            ReadOnlySpan<float> chunk = MemoryMarshal.Cast<byte, float>(part.bytes);
            Span<byte> blocks = bytes.AsSpan(0, chunk.Length / size * step);
            if (!Encode(type, chunk, blocks))
            {
                throw new ArgumentException($"Tensor '{name}' holds values beyond the range of {type}: save it as BF16 or F32.");
            }

            stream.Write(blocks);
        }
    }

    /// <summary>Stores whole blocks.</summary>
    /// <returns>Whether every finite value stayed finite.</returns>
    internal static bool Encode(GgufType type, ReadOnlySpan<float> values, Span<byte> bytes)
    {
        int size = GgufBlocks.Size(type), step = GgufBlocks.Bytes(type);
        bool fits = true;
        for (int block = 0; block < values.Length / size; block++)
        {
            fits &= EncodeBlock(type, values.Slice(block * size, size), bytes.Slice(block * step, step));
        }

        return fits;
    }

    private static bool EncodeBlock(GgufType type, ReadOnlySpan<float> x, Span<byte> b)
    {
        switch (type)
        {
            case GgufType.F32:
                BinaryPrimitives.WriteSingleLittleEndian(b, x[0]);
                return true;
            case GgufType.F16:
                return WriteHalf(b, x[0]);
            case GgufType.BF16:
                BinaryPrimitives.WriteUInt16LittleEndian(b, Brain(x[0]));
                return true;
            case GgufType.Q8_0:
                return Eights(x, b);
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "F32, F16, BF16 and Q8_0 are written.");
        }
    }

    private static bool WriteHalf(Span<byte> b, float value)
    {
        var half = (Half)value;
        BinaryPrimitives.WriteHalfLittleEndian(b, half);
        return Half.IsFinite(half) || !float.IsFinite(value);
    }

    // To the nearest, of two equally near ones to the even one.
    private static ushort Brain(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 64) : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    // One scale, rounded when it is stored and not before the values are divided by it.
    private static bool Eights(ReadOnlySpan<float> x, Span<byte> b)
    {
        float largest = 0;
        foreach (float value in x)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        float scale = largest / LargestQuant;
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < x.Length; i++)
        {
            b[2 + i] = (byte)(sbyte)MathF.Round(x[i] * inverse, MidpointRounding.AwayFromZero);
        }

        return WriteHalf(b, scale);
    }
}

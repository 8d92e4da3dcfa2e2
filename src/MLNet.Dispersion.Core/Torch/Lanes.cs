using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNet.Dispersion;

/// <summary>Sixteen numbers at a time: loads and stores of float32 and bfloat16, with a part at the end of a row.</summary>
internal static class Lanes
{
    /// <summary>Numbers of one vector.</summary>
    internal const int Width = 16;

    private static Vector512<float> Log2E => Vector512.Create(1.44269504f);

    /// <summary>0, 1, .. 15.</summary>
    internal static Vector512<int> Index => Vector512<int>.Indices;

    /// <summary>Sixteen float32 numbers from an offset; beyond the end zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Load(ReadOnlySpan<float> values, int offset) =>
        offset + Width <= values.Length ? Vector512.Create(values.Slice(offset, Width)) : LoadPart(values, offset);

    /// <summary>Stores as many of sixteen float32 numbers as there is room for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(Vector512<float> lanes, Span<float> values, int offset)
    {
        if (offset + Width <= values.Length)
        {
            lanes.CopyTo(values.Slice(offset, Width));
        }
        else
        {
            StorePart(lanes, values, offset);
        }
    }

    /// <summary>Sixteen bfloat16 numbers from an offset, widened; beyond the end zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Load(ReadOnlySpan<ushort> values, int offset) =>
        offset + Width <= values.Length ? Widen(Vector256.Create(values.Slice(offset, Width))) : LoadPart(values, offset);

    /// <summary>Rounds to bfloat16, ties to even, and stores as many of sixteen as there is room for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(Vector512<float> lanes, Span<ushort> values, int offset)
    {
        if (offset + Width <= values.Length)
        {
            Narrow(lanes).CopyTo(values.Slice(offset, Width));
        }
        else
        {
            StorePart(lanes, values, offset);
        }
    }

    /// <summary>
    /// The exponentials, within 2 units in the last place; 0 below -87.3, where float32 has no normal numbers left. By powers of two and a polynomial on [-ln 2 / 2, ln 2 / 2] (its Taylor series to the
    /// seventh power): the library's own works in float64, at a quarter of the speed.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Exp(Vector512<float> lanes)
    {
        Vector512<float> x = Vector512.Min(lanes, Vector512.Create(88.37f));
        Vector512<float> power = Vector512.Round(x * Log2E);
        Vector512<float> rest = Vector512.FusedMultiplyAdd(power, Vector512.Create(-0.693359375f), x);
        rest = Vector512.FusedMultiplyAdd(power, Vector512.Create(2.12194440e-4f), rest);
        Vector512<float> series = Vector512.Create(1 / 5040f);
        series = Vector512.FusedMultiplyAdd(series, rest, Vector512.Create(1 / 720f));
        series = Vector512.FusedMultiplyAdd(series, rest, Vector512.Create(1 / 120f));
        series = Vector512.FusedMultiplyAdd(series, rest, Vector512.Create(1 / 24f));
        series = Vector512.FusedMultiplyAdd(series, rest, Vector512.Create(1 / 6f));
        series = Vector512.FusedMultiplyAdd(series, rest, Vector512.Create(0.5f));
        series = Vector512.FusedMultiplyAdd(series, rest, Vector512<float>.One);
        series = Vector512.FusedMultiplyAdd(series, rest, Vector512<float>.One);
        Vector512<int> exponent = Vector512.ConvertToInt32(power) + Vector512.Create(127);
        Vector512<float> result = series * Vector512.ShiftLeft(exponent, 23).AsSingle();
        return Vector512.ConditionalSelect(Vector512.LessThan(lanes, Vector512.Create(-87.3f)), Vector512<float>.Zero, result);
    }

    /// <summary>The lanes that lie within a row, and a number in those beyond its end.</summary>
    /// <param name="lanes">Numbers.</param>
    /// <param name="left">Numbers of the row from the first lane on.</param>
    /// <param name="beyond">The number beyond.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Within(Vector512<float> lanes, int left, float beyond) =>
        left >= Width ? lanes : Vector512.ConditionalSelect(Vector512.LessThan(Index, Vector512.Create(left)).AsSingle(), lanes, Vector512.Create(beyond));

    /// <summary>The largest of sixteen; NaN when there is one.</summary>
    internal static float Largest(Vector512<float> lanes)
    {
        float largest = lanes[0];
        for (int i = 1; i < Width; i++)
        {
            largest = MathF.Max(largest, lanes[i]);
        }

        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(Vector256<ushort> bits)
    {
        if (Avx512F.IsSupported)
        {
            return Vector512.ShiftLeft(Avx512F.ConvertToVector512UInt32(bits), 16).AsSingle();
        }

        var (lower, upper) = Vector256.Widen(bits);
        return Vector512.ShiftLeft(Vector512.Create(lower, upper), 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Narrow(Vector512<float> lanes)
    {
        Vector512<uint> bits = lanes.AsUInt32();
        Vector512<uint> odd = Vector512.ShiftRightLogical(bits, 16) & Vector512<uint>.One;
        bits = Vector512.ShiftRightLogical(bits + Vector512.Create(0x7fffu) + odd, 16);
        return Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(bits) : Vector256.Narrow(bits.GetLower(), bits.GetUpper());
    }

    private static Vector512<float> LoadPart(ReadOnlySpan<float> values, int offset)
    {
        Span<float> buffer = stackalloc float[Width];
        buffer.Clear();
        values[offset..].CopyTo(buffer);
        return Vector512.Create<float>(buffer);
    }

    private static Vector512<float> LoadPart(ReadOnlySpan<ushort> values, int offset)
    {
        Span<ushort> buffer = stackalloc ushort[Width];
        buffer.Clear();
        values[offset..].CopyTo(buffer);
        return Widen(Vector256.Create<ushort>(buffer));
    }

    private static void StorePart(Vector512<float> lanes, Span<float> values, int offset)
    {
        Span<float> buffer = stackalloc float[Width];
        lanes.CopyTo(buffer);
        buffer[..(values.Length - offset)].CopyTo(values[offset..]);
    }

    private static void StorePart(Vector512<float> lanes, Span<ushort> values, int offset)
    {
        Span<ushort> buffer = stackalloc ushort[Width];
        Narrow(lanes).CopyTo(buffer);
        buffer[..(values.Length - offset)].CopyTo(values[offset..]);
    }
}

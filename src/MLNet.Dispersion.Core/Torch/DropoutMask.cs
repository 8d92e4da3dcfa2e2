using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>
/// A dropout mask that is never stored: whether entry i is dropped follows from two keys and i alone, so that a backward pass makes the same mask again, and any number
/// of threads make the same one. Immutable and thread-safe.
/// </summary>
internal sealed class DropoutMask
{
    private const int Grain = 1 << 14;
    private const double Words = 4294967296;
    private readonly uint _first;
    private readonly uint _second;
    private readonly uint _dropped;
    private readonly float _scale;

    private DropoutMask(uint first, uint second, double probability)
    {
        _first = first;
        _second = second;
        _dropped = (uint)(probability * Words);
        _scale = (float)(1 / (1 - probability));
    }

    /// <summary>The next mask of a generator: two of its numbers, however large the tensor.</summary>
    /// <param name="generator">On the processor.</param>
    /// <param name="probability">Of dropping an entry, at least 0 and below 1; kept entries are divided by the rest.</param>
    internal static DropoutMask Draw(Generator? generator, double probability)
    {
        using Tensor keys = empty(2, ScalarType.Float64).uniform_(0, 1, generator);
        double[] uniform = keys.data<double>().ToArray();
        return new((uint)(uniform[0] * Words), (uint)(uniform[1] * Words), probability);
    }

    /// <summary>Whether the mask can be laid on this tensor: float32 or bfloat16 on the processor, contiguous.</summary>
    internal static bool Reaches(Tensor values) => TensorMemory.IsReachable(values, ScalarType.BFloat16) || TensorMemory.IsReachable(values, ScalarType.Float32);

    /// <summary>The entries that are kept, scaled up, and zeros for the others, whatever these hold, in a new tensor.</summary>
    internal Tensor Of(Tensor values)
    {
        Tensor result = empty_like(values);
        Write(values, result);
        return result;
    }

    /// <summary>Applies the mask in the tensor's own memory.</summary>
    internal Tensor InPlace(Tensor values)
    {
        Write(values, values);
        return values;
    }

    private void Write(Tensor values, Tensor result)
    {
        if (values.dtype == ScalarType.BFloat16)
        {
            Write<ushort, BFloatLanes>(values, result);
        }
        else
        {
            Write<float, FloatLanes>(values, result);
        }
    }

    private void Write<T, TLanes>(Tensor values, Tensor result)
        where T : unmanaged
        where TLanes : struct, ILanes<T> =>
        ParallelRanges.Run((int)values.numel(), Grain, (_, start, count) => WriteRange<T, TLanes>(
            TLanes.Entries(values).Slice(start, count), TLanes.Entries(result).Slice(start, count), (uint)start));

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void WriteRange<T, TLanes>(ReadOnlySpan<T> values, Span<T> result, uint start)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        Vector512<uint> index = Lanes.Index.AsUInt32() + Vector512.Create(start);
        for (int i = 0; i < values.Length; i += Lanes.Width)
        {
            Vector512<float> kept = Vector512.GreaterThanOrEqual(Mixed(index), Vector512.Create(_dropped)).AsSingle();
            TLanes.Store((TLanes.Load(values, i) * _scale) & kept, result, i);
            index += Vector512.Create((uint)Lanes.Width);
        }
    }

    /// <summary>Words that look independent of one another, by two rounds of shifting and multiplying with odd numbers, a key before each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<uint> Mixed(Vector512<uint> index)
    {
        Vector512<uint> x = (index * Vector512.Create(0x9E3779B1u)) + Vector512.Create(_first);
        x ^= Vector512.ShiftRightLogical(x, 16);
        x *= Vector512.Create(0x85EBCA6Bu);
        x ^= Vector512.ShiftRightLogical(x, 13) ^ Vector512.Create(_second);
        x *= Vector512.Create(0xC2B2AE35u);
        return x ^ Vector512.ShiftRightLogical(x, 16);
    }
}

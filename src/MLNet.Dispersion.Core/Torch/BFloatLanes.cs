using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>BFloat16, as bits.</summary>
internal readonly struct BFloatLanes : ILanes<ushort>
{
    /// <inheritdoc/>
    public static ScalarType Type => ScalarType.BFloat16;

    /// <inheritdoc/>
    public static Span<ushort> Entries(Tensor values) => TensorMemory.BFloats(values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ReadOnlySpan<ushort> values, int offset) => Lanes.Load(values, offset);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> lanes, Span<ushort> values, int offset) => Lanes.Store(lanes, values, offset);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ReciprocalSqrt(Vector512<float> lanes) =>
        Avx512F.IsSupported ? Avx512F.ReciprocalSqrt14(lanes) : Vector512<float>.One / Vector512.Sqrt(lanes);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Float32.</summary>
internal readonly struct FloatLanes : ILanes<float>
{
    /// <inheritdoc/>
    public static ScalarType Type => ScalarType.Float32;

    /// <inheritdoc/>
    public static Span<float> Entries(Tensor values) => TensorMemory.Floats(values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ReadOnlySpan<float> values, int offset) => Lanes.Load(values, offset);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> lanes, Span<float> values, int offset) => Lanes.Store(lanes, values, offset);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ReciprocalSqrt(Vector512<float> lanes) => Vector512<float>.One / Vector512.Sqrt(lanes);
}

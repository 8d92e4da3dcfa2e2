using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>How a number type is read and written sixteen at a time, so that one loop serves float32 and bfloat16.</summary>
/// <typeparam name="T">Its form in memory.</typeparam>
internal interface ILanes<T>
    where T : unmanaged
{
    /// <summary>The type in torch.</summary>
    static abstract ScalarType Type { get; }

    /// <summary>The entries of a reachable tensor.</summary>
    static abstract Span<T> Entries(Tensor values);

    /// <inheritdoc cref="Lanes.Load(ReadOnlySpan{float}, int)"/>
    static abstract Vector512<float> Load(ReadOnlySpan<T> values, int offset);

    /// <inheritdoc cref="Lanes.Store(Vector512{float}, Span{float}, int)"/>
    static abstract void Store(Vector512<float> lanes, Span<T> values, int offset);

    /// <summary>1 / sqrt(x) of positive numbers, at least as exact as the type in memory: float32's to the last places, bfloat16's within 2^-14.</summary>
    static abstract Vector512<float> ReciprocalSqrt(Vector512<float> lanes);
}

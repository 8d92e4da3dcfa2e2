using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The memory of tensors on the processor, for loops that do in one pass what would take torch many.</summary>
internal static class TensorMemory
{
    /// <summary>Whether the entries lie one behind the other in memory that this process can read, and few enough for a span.</summary>
    /// <param name="values">Any tensor.</param>
    /// <param name="type">The type that they must have.</param>
    internal static bool IsReachable(Tensor values, ScalarType type) =>
        values.dtype == type && values.device_type == DeviceType.CPU && values.is_contiguous() && values.numel() * values.element_size() <= int.MaxValue;

    /// <summary>Where the entries of a contiguous tensor on the processor begin, however many they are. Valid while the tensor lives. Call it without gradients.</summary>
    internal static unsafe void* Pointer(Tensor values)
    {
        // The first one alone, since a large table is more than a span holds.
        using Tensor flat = values.flatten();
        using Tensor first = flat.narrow(0, 0, 1);
        return Unsafe.AsPointer(ref MemoryMarshal.GetReference(first.bytes));
    }

    /// <summary>The entries of a reachable float32 tensor. Valid while the tensor lives.</summary>
    internal static Span<float> Floats(Tensor values) => MemoryMarshal.Cast<byte, float>(values.bytes);

    /// <summary>The entries of a reachable bfloat16 tensor, as bits. Valid while the tensor lives.</summary>
    internal static Span<ushort> BFloats(Tensor values) => MemoryMarshal.Cast<byte, ushort>(values.bytes);

    /// <summary>The entries of a reachable bool tensor. Valid while the tensor lives.</summary>
    internal static Span<bool> Bools(Tensor values) => MemoryMarshal.Cast<byte, bool>(values.bytes);

    /// <summary>The entries of a reachable int64 tensor. Valid while the tensor lives.</summary>
    internal static Span<long> Longs(Tensor values) => MemoryMarshal.Cast<byte, long>(values.bytes);
}

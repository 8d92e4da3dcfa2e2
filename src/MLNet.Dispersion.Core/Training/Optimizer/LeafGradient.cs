using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A gradient that waits for the number it is to be multiplied by, and then becomes a leaf's <c>grad</c> in its own memory or is added to it.</summary>
internal sealed class LeafGradient
{
    private const int Grain = 1 << 16;
    private readonly Tensor _leaf;
    private Tensor? _waiting;

    /// <summary>Keeps it.</summary>
    /// <param name="leaf">Whose.</param>
    /// <param name="gradient">Of the leaf's shape, of its type or a narrower one; this object takes it out of its dispose scope. Null when there is none.</param>
    internal LeafGradient(Tensor leaf, Tensor? gradient)
    {
        _leaf = leaf;
        _waiting = gradient?.DetachFromDisposeScope();
    }

    /// <summary>Multiplies it and hands it over. Once.</summary>
    internal void AddTo(double factor)
    {
        if (_waiting is null)
        {
            return;
        }

        using var noGradient = no_grad();
        Tensor gradient = _waiting;
        _waiting = null;
        if (_leaf.grad is { } sum)
        {
            Add(sum, gradient, factor);
            gradient.Dispose();
        }
        else if (gradient.dtype == _leaf.dtype)
        {
            // The leaf's grad is another handle to the same memory.
            _leaf.grad = gradient.TimesInPlace(factor);
            gradient.Dispose();
        }
        else
        {
            using Tensor wide = zeros_like(_leaf);
            Add(wide, gradient, factor);
            _leaf.grad = wide;
            gradient.Dispose();
        }
    }

    /// <summary>sum += gradient x factor; bfloat16 into float32 on the processor in one pass.</summary>
    private static void Add(Tensor sum, Tensor gradient, double factor)
    {
        if (!TensorMemory.IsReachable(sum, ScalarType.Float32) || !TensorMemory.IsReachable(gradient, ScalarType.BFloat16))
        {
            sum.PlusInPlace(gradient, factor);
            return;
        }

        ParallelRanges.Run((int)gradient.numel(), Grain, (_, start, count) => Add(
            TensorMemory.Floats(sum).Slice(start, count),
            TensorMemory.BFloats(gradient).Slice(start, count),
            (float)factor));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Add(Span<float> sum, ReadOnlySpan<ushort> gradient, float factor)
    {
        for (int i = 0; i < sum.Length; i += Lanes.Width)
        {
            Lanes.Store(Lanes.Load(sum, i) + (Lanes.Load(gradient, i) * factor), sum, i);
        }
    }
}

using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The cosine matrix of one text, or a sum of such, as two blocks that hold its upper triangle: a quarter of the work of the whole is saved.</summary>
/// <param name="top">The first <c>n / 2</c> rows, <c>[n / 2, n]</c> float32.</param>
/// <param name="bottom">The lower right rest, <c>[n - n / 2, n - n / 2]</c> float32.</param>
internal sealed class CosineBlocks(Tensor top, Tensor bottom) : IDisposable
{
    /// <summary>A copy that lives in no dispose scope; the caller disposes it.</summary>
    public CosineBlocks Copy() => new(top.clone().DetachFromDisposeScope(), bottom.clone().DetachFromDisposeScope());

    /// <summary>Adds another matrix of the same size.</summary>
    public void Add(CosineBlocks other)
    {
        top.PlusInPlace(other.Top);
        bottom.PlusInPlace(other.Bottom);
    }

    /// <summary>The matrix divided by a number; the caller disposes it.</summary>
    public CosineBlocks Over(double number) => new(top.Over(number).DetachFromDisposeScope(), bottom.Over(number).DetachFromDisposeScope());

    /// <summary>Counts the upper triangle, the diagonal apart.</summary>
    public void Count(HistogramCounter diagonal, HistogramCounter above)
    {
        CountUpper(top, diagonal, above);
        CountUpper(bottom, diagonal, above);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        top.Dispose();
        bottom.Dispose();
    }

    private Tensor Top => top;

    private Tensor Bottom => bottom;

    private static void CountUpper(Tensor block, HistogramCounter diagonal, HistogramCounter above)
    {
        using Tensor local = block.cpu();
        int columns = (int)block.shape[1];
        ReadOnlySpan<float> entries = MemoryMarshal.Cast<byte, float>(local.bytes);
        for (int row = 0; row < block.shape[0]; row++)
        {
            diagonal.Count(entries.Slice((row * columns) + row, 1));
            above.Count(entries.Slice((row * columns) + row + 1, columns - row - 1));
        }
    }
}

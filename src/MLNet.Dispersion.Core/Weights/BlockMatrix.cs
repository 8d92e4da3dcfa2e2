using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A matrix as the blocks of a GGUF file, outputs first. Owns the tensor; thread-safe until it is disposed.</summary>
/// <param name="type">How the values are stored.</param>
/// <param name="blocks">The bytes of each row, <c>[out, bytes]</c>, on the processor.</param>
internal sealed class BlockMatrix(GgufType type, Tensor blocks) : IDisposable
{
    /// <summary>Rows that a thread unpacks at a time.</summary>
    private const int Grain = 32;

    /// <summary>How the values are stored.</summary>
    internal GgufType Type => type;

    /// <summary>The bytes of each row, <c>[out, bytes]</c>.</summary>
    internal Tensor Blocks => blocks;

    /// <summary>All values, <c>[out, in]</c>, float32; a new tensor.</summary>
    internal Tensor Values() => Unpacked(blocks);

    /// <summary>The values of some rows, <c>[n, in]</c>, float32; a new tensor.</summary>
    /// <param name="rows">Which, int64.</param>
    internal Tensor Values(Tensor rows)
    {
        using Tensor chosen = blocks.index_select(0, rows);
        return Unpacked(chosen);
    }

    /// <inheritdoc/>
    public void Dispose() => blocks.Dispose();

    private unsafe Tensor Unpacked(Tensor rows)
    {
        (int count, int width) = ((int)rows.shape[0], (int)rows.shape[1]);
        int length = width / GgufBlocks.Bytes(type) * GgufBlocks.Size(type);
        Tensor values = empty([count, length], ScalarType.Float32);
        (nint from, nint to) = ((nint)TensorMemory.Pointer(rows), (nint)TensorMemory.Pointer(values));
        TorchThreads.For((count + Grain - 1) / Grain, part =>
        {
            for (int row = part * Grain; row < Math.Min(count, (part + 1) * Grain); row++)
            {
                GgufBlocks.Decode(type, new ReadOnlySpan<byte>((byte*)from + ((long)row * width), width), new Span<float>((float*)to + ((long)row * length), length));
            }
        });
        return values;
    }
}

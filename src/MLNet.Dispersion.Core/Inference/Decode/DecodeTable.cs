namespace MLNet.Dispersion;

/// <summary>A table of embeddings where it lies in memory.</summary>
internal sealed unsafe class DecodeTable
{
    /// <summary>The rows.</summary>
    internal required void* Rows { get; init; }

    /// <summary>How their values are stored.</summary>
    internal required GgufType Type { get; init; }

    /// <summary>Numbers of a row.</summary>
    internal required int Size { get; init; }

    /// <summary>The values of a row.</summary>
    internal void Copy(int row, Span<float> to)
    {
        int width = Size / GgufBlocks.Size(Type) * GgufBlocks.Bytes(Type);
        GgufBlocks.Decode(Type, new ReadOnlySpan<byte>((byte*)Rows + ((long)row * width), width), to);
    }
}

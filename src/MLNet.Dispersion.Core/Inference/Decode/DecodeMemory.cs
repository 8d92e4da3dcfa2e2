using System.Runtime.InteropServices;

namespace MLNet.Dispersion;

/// <summary>Pieces of memory outside the collector's, aligned for vectors, that are freed together. Not thread-safe.</summary>
internal sealed unsafe class DecodeMemory : IDisposable
{
    private const int Alignment = 64;
    private readonly List<nint> _pieces = [];

    ~DecodeMemory() => Free();

    /// <summary>Zeros.</summary>
    internal float* Zeros(long count)
    {
        nuint bytes = (nuint)Math.Max(count, 1) * sizeof(float);
        void* piece = NativeMemory.AlignedAlloc(bytes, Alignment);
        _pieces.Add((nint)piece);
        NativeMemory.Clear(piece, bytes);
        return (float*)piece;
    }

    /// <summary>A copy.</summary>
    internal float* Copy(ReadOnlySpan<float> values)
    {
        float* piece = Zeros(values.Length);
        values.CopyTo(new Span<float>(piece, values.Length));
        return piece;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        foreach (nint piece in _pieces)
        {
            NativeMemory.AlignedFree((void*)piece);
        }

        _pieces.Clear();
    }
}

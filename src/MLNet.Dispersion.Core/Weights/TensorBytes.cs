using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Moves values between a stream and a tensor's memory in chunks, converting on the way where the number types differ.</summary>
internal static class TensorBytes
{
    private const long ChunkElements = 1 << 20;

    /// <summary>Receives the bytes of one chunk: fills them when reading, writes them out when writing.</summary>
    internal delegate void ChunkAction(Span<byte> bytes);

    /// <summary>Fills a contiguous tensor; each chunk's bytes are asked for in the stored type.</summary>
    internal static void Fill(Tensor target, ScalarType stored, ChunkAction read)
    {
        using var inside = ExitGate.Enter();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var flat = target.detach().view(-1);
        bool direct = stored == target.dtype && target.device_type == DeviceType.CPU && stored != ScalarType.Bool;

        // A stored truth value may be any byte: read as a number, conversion makes it 0 or 1.
        var stagingType = stored == ScalarType.Bool ? ScalarType.Byte : stored;
        var staging = direct ? null : empty([Math.Min(ChunkElements, flat.numel())], stagingType);
        for (long start = 0; start < flat.numel(); start += ChunkElements)
        {
            using var chunkScope = NewDisposeScope();
            long count = Math.Min(ChunkElements, flat.numel() - start);
            var part = flat.narrow(0, start, count);
            if (direct)
            {
                read(part.bytes);
            }
            else
            {
                var chunk = staging!.narrow(0, 0, count);
                read(chunk.bytes);
                part.copy_(stored == ScalarType.Bool ? chunk.Is(0).logical_not() : chunk);
            }
        }
    }

    /// <summary>Hands out a tensor's values, row-major, in the type to store.</summary>
    /// <exception cref="ArgumentException">A finite value is beyond the range of the type to store.</exception>
    internal static void Drain(Tensor source, ScalarType stored, string name, ChunkAction write)
    {
        using var inside = ExitGate.Enter();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var flat = source.detach().contiguous().view(-1);
        for (long start = 0; start < flat.numel(); start += ChunkElements)
        {
            using var chunkScope = NewDisposeScope();
            var part = flat.narrow(0, start, Math.Min(ChunkElements, flat.numel() - start));
            var chunk = part.to(stored).cpu();
            if (stored != source.dtype && SafetensorsTypes.IsFloatingPoint(stored) && chunk.isinf().ne(part.isinf().cpu()).any().item<bool>())
            {
                throw new ArgumentException($"Tensor '{name}' holds values beyond the range of {SafetensorsTypes.CodeOf(stored)}: save it as BF16 or F32.");
            }

            write(chunk.bytes);
        }
    }
}

using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Independent random streams from one seed, so that one consumer's draws never shift another's.</summary>
internal static class SeedStream
{
    internal const int Split = 1;
    internal const int Shuffle = 2;
    internal const int Head = 3;
    internal const int Dropout = 4;
    internal const int TokenSubsampling = 5;
    internal const int Adapter = 20;
    internal const int EmbeddingNoise = 21;
    internal const int EmbeddingReset = 22;
    internal const int DistillationProjection = 23;

    /// <summary>A well-mixed 63-bit value of seed and stream (the SplitMix64 finaliser).</summary>
    internal static ulong Derive(int seed, int stream)
    {
        unchecked
        {
            ulong z = ((ulong)(uint)seed << 8) + (ulong)stream + 0x9E3779B97F4A7C15UL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return (z ^ (z >> 31)) >> 1;
        }
    }

    /// <summary>A torch generator of its own; the caller disposes it.</summary>
    internal static Generator TorchGenerator(int seed, int stream, Device device) => new(Derive(seed, stream), device);

    /// <summary>A .NET generator of its own.</summary>
    internal static Random Random(int seed, int stream) => new(unchecked((int)Derive(seed, stream)));
}

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

    // 6 to 19 were never used. A stream's number is part of every run's bits and stays for good; new ones go on from 24.
    internal const int Adapter = 20;
    internal const int EmbeddingNoise = 21;
    internal const int EmbeddingReset = 22;
    internal const int DistillationProjection = 23;

    /// <summary>A torch generator of its own; the caller disposes it.</summary>
    internal static Generator TorchGenerator(int seed, int stream, Device device) => new(SeedMixer.Derive(seed, stream), device);

    /// <summary>A .NET generator of its own.</summary>
    internal static Random Random(int seed, int stream) => new(Number(seed, stream));

    /// <summary>A seed of its own for what takes one.</summary>
    internal static int Number(int seed, int stream) => unchecked((int)SeedMixer.Derive(seed, stream));
}

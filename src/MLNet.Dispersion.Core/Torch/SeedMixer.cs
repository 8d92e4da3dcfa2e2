namespace MLNet.Dispersion;

/// <summary>Makes one seed of two numbers, so that neighbouring pairs give unrelated sequences: the same in every process and on every machine, unlike <see cref="HashCode"/>.</summary>
/// <remarks>There are two ways, and both stay: every bit that was ever drawn from a seed rests on them.</remarks>
internal static class SeedMixer
{
    /// <summary>A seed for one of many things of a kind, such as an epoch, a prompt or an item: any 32 bits and any other 32 bits.</summary>
    internal static int Mix(int seed, int stream)
    {
        ulong value = unchecked(((ulong)(uint)seed << 32) | (uint)stream);
        value = unchecked((value + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9);
        value ^= value >> 29;
        value = unchecked(value * 0x94D049BB133111EB);
        return unchecked((int)(value >> 33));
    }

    /// <summary>A seed of 63 bits for one of a run's few streams (<see cref="SeedStream"/>, 0..255), by the finaliser of SplitMix64.</summary>
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
}

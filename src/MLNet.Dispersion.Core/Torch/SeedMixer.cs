namespace MLNet.Dispersion;

/// <summary>Makes one seed of two numbers, so that neighbouring pairs give unrelated sequences.</summary>
internal static class SeedMixer
{
    /// <summary>The same result in every process and on every machine, unlike <see cref="HashCode"/>.</summary>
    internal static int Mix(int seed, int stream)
    {
        ulong value = unchecked(((ulong)(uint)seed << 32) | (uint)stream);
        value = unchecked((value + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9);
        value ^= value >> 29;
        value = unchecked(value * 0x94D049BB133111EB);
        return unchecked((int)(value >> 33));
    }
}

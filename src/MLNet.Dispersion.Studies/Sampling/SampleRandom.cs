namespace MLNet.Dispersion.Studies;

/// <summary>Random numbers that follow from a study's seed and a trial's number alone (SplitMix64), the same in every process and version of .NET. Not thread-safe.</summary>
internal sealed class SampleRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state;

    internal SampleRandom(long seed, long stream) => _state = Mixed(Mixed((ulong)seed + Golden) ^ ((ulong)stream * 0xD1342543DE82EF95));

    /// <summary>Uniform on [0, 1).</summary>
    internal double Uniform() => (Bits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal, by Box and Muller.</summary>
    internal double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    /// <summary>Uniform on 0 to count - 1.</summary>
    internal int Below(int count) => (int)(Uniform() * count);

    /// <summary>Permutes in place.</summary>
    internal void Shuffle(Span<int> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int other = Below(i + 1);
            (values[i], values[other]) = (values[other], values[i]);
        }
    }

    private ulong Bits() => Mixed(_state += Golden);

    private static ulong Mixed(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}

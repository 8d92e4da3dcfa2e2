using System.Numerics;

namespace MLNet.Dispersion;

/// <summary>Counts cosines by bin. Torch's own histogram takes longer than the product that makes the cosines.</summary>
internal sealed class HistogramCounter
{
    // Two rows of counters: neighbours often fall into the same bin, and each increment would wait for the one before.
    private readonly long[] _even = new long[CosineHistogram.BinCount];
    private readonly long[] _odd = new long[CosineHistogram.BinCount];

    /// <summary>Counts values within [-1, 1].</summary>
    public void Count<T>(ReadOnlySpan<T> cosines)
        where T : unmanaged, INumber<T>
    {
        T perUnit = T.CreateChecked(CosineHistogram.BinCount / 2);
        Span<long> even = _even, odd = _odd;
        int i = 0;
        for (; i + 1 < cosines.Length; i += 2)
        {
            even[Bin(cosines[i], perUnit)]++;
            odd[Bin(cosines[i + 1], perUnit)]++;
        }

        if (i < cosines.Length)
        {
            even[Bin(cosines[i], perUnit)]++;
        }
    }

    /// <summary>Adds what was counted, each entry so many times.</summary>
    public void AddTo(long[] counts, int times)
    {
        for (int bin = 0; bin < counts.Length; bin++)
        {
            counts[bin] += times * (_even[bin] + _odd[bin]);
        }
    }

    private static int Bin<T>(T cosine, T perUnit)
        where T : INumber<T> =>
        Math.Clamp(int.CreateTruncating((cosine + T.One) * perUnit), 0, CosineHistogram.BinCount - 1);
}

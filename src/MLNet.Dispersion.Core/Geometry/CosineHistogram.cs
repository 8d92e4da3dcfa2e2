using System.Numerics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Geometry;

/// <summary>How the entries of cosine matrices are distributed: <see cref="BinCount"/> bins of equal width on [-1, 1]. Immutable and thread-safe.</summary>
public sealed class CosineHistogram
{
    /// <summary>The number of bins (published: 128).</summary>
    public const int BinCount = 128;

    /// <summary>The width of a bin, 2 / 128.</summary>
    public const double BinWidth = 2.0 / BinCount;

    private const int MostPerCounter = 1 << 30;

    private readonly long[] _counts;

    private CosineHistogram(long[] counts) => _counts = counts;

    /// <summary>A histogram of nothing, to add others to.</summary>
    public static CosineHistogram Empty { get; } = new(new long[BinCount]);

    /// <summary>Entries by bin, from -1 upwards; a bin holds its lower edge, the last one both edges.</summary>
    public IReadOnlyList<long> Counts => _counts;

    /// <summary>All entries.</summary>
    public long Total => _counts.Sum();

    /// <summary>Counts scaled so that the area is 1, as the published heat map shows them; all zero when there are no entries.</summary>
    public IReadOnlyList<double> Density
    {
        get
        {
            double area = Math.Max(1, Total) * BinWidth;
            return [.. _counts.Select(count => count / area)];
        }
    }

    /// <summary>Counts the entries of a cosine matrix, diagonal included.</summary>
    /// <param name="cosines">Any shape, float32 or float64, within [-1, 1].</param>
    public static CosineHistogram Of(Tensor cosines)
    {
        ArgumentNullException.ThrowIfNull(cosines);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor values = cosines.detach().cpu().contiguous();
        var counts = new long[BinCount];
        if (values.dtype == ScalarType.Float64)
        {
            Count(MemoryMarshal.Cast<byte, double>(values.bytes), counts);
        }
        else
        {
            Count(MemoryMarshal.Cast<byte, float>(values.to(ScalarType.Float32).bytes), counts);
        }

        return new CosineHistogram(counts);
    }

    /// <summary>The histogram of known counts.</summary>
    /// <param name="counts"><see cref="BinCount"/> counts of at least 0; copied.</param>
    internal static CosineHistogram FromCounts(IReadOnlyList<long> counts) => new([.. counts]);

    /// <summary>The histogram of both entries together (pooled).</summary>
    /// <param name="other">Another histogram.</param>
    public CosineHistogram Add(CosineHistogram other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new CosineHistogram([.. _counts.Zip(other._counts, (a, b) => a + b)]);
    }

    // Torch's own histogram takes longer than the product that makes the cosines. Two rows of counters, since neighbours often fall into the same bin
    // and each increment would wait for the one before.
    private static void Count<T>(ReadOnlySpan<T> cosines, long[] counts)
        where T : unmanaged, INumber<T>
    {
        T perUnit = T.CreateChecked(BinCount / 2);
        Span<int> even = stackalloc int[BinCount];
        Span<int> odd = stackalloc int[BinCount];
        for (int start = 0; start < cosines.Length; start += MostPerCounter)
        {
            ReadOnlySpan<T> part = cosines.Slice(start, Math.Min(MostPerCounter, cosines.Length - start));
            even.Clear();
            odd.Clear();
            int i = 0;
            for (; i + 1 < part.Length; i += 2)
            {
                even[Bin(part[i], perUnit)]++;
                odd[Bin(part[i + 1], perUnit)]++;
            }

            if (i < part.Length)
            {
                even[Bin(part[i], perUnit)]++;
            }

            for (int bin = 0; bin < BinCount; bin++)
            {
                counts[bin] += even[bin] + odd[bin];
            }
        }
    }

    private static int Bin<T>(T cosine, T perUnit)
        where T : INumber<T> =>
        Math.Clamp(int.CreateTruncating((cosine + T.One) * perUnit), 0, BinCount - 1);

    /// <summary>The cosine in the middle of a bin.</summary>
    /// <param name="bin">0..127.</param>
    public static double Centre(int bin) => -1 + ((bin + 0.5) * BinWidth);
}

using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>How the entries of cosine matrices are distributed: <see cref="BinCount"/> bins of equal width on [-1, 1]. Immutable and thread-safe.</summary>
public sealed class CosineHistogram
{
    /// <summary>The number of bins (published: 128).</summary>
    public const int BinCount = 128;

    /// <summary>The width of a bin, 2 / 128.</summary>
    public const double BinWidth = 2.0 / BinCount;

    private readonly long[] _counts;

    private CosineHistogram(long[] counts) => _counts = counts;

    /// <summary>Gets a histogram of nothing, to add others to.</summary>
    public static CosineHistogram Empty { get; } = new(new long[BinCount]);

    /// <summary>Gets the entries by bin, from -1 upwards; a bin holds its lower edge, the last one both edges.</summary>
    public IReadOnlyList<long> Counts => _counts;

    /// <summary>Gets all entries.</summary>
    public long Total => _counts.Sum();

    /// <summary>Gets the counts scaled so that the area is 1, as the published heat map shows them; all zero when there are no entries.</summary>
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
        var counter = new HistogramCounter();
        if (values.dtype == ScalarType.Float64)
        {
            counter.Count<double>(MemoryMarshal.Cast<byte, double>(values.bytes));
        }
        else
        {
            counter.Count<float>(MemoryMarshal.Cast<byte, float>(values.to(ScalarType.Float32).bytes));
        }

        var counts = new long[BinCount];
        counter.AddTo(counts, 1);
        return new CosineHistogram(counts);
    }

    /// <summary>The histogram of a symmetric matrix.</summary>
    /// <param name="diagonal">Its diagonal.</param>
    /// <param name="above">What is above the diagonal.</param>
    internal static CosineHistogram Symmetric(HistogramCounter diagonal, HistogramCounter above)
    {
        var counts = new long[BinCount];
        diagonal.AddTo(counts, 1);
        above.AddTo(counts, 2);
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

    /// <summary>Gets the cosine in the middle of a bin.</summary>
    /// <param name="bin">0..127.</param>
    public static double Centre(int bin) => -1 + ((bin + 0.5) * BinWidth);
}

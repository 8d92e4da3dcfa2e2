using MathNet.Numerics.Distributions;

namespace MLNet.Dispersion.Statistics;

/// <summary>Wilcoxon's rank-sum test (Mann and Whitney's U): whether values of one sample tend to be smaller than those of another. Immutable and thread-safe.</summary>
public sealed record RankSumTest
{
    private RankSumTest(double share, double less, double greater) => (SmallerShare, PSmaller, PLarger) = (share, less, greater);

    /// <summary>Gets the share of pairs in which the first sample's value is the smaller one, ties counted half: 0.5 where neither tends to be smaller.</summary>
    public double SmallerShare { get; }

    /// <summary>Gets the one-sided p for "the first sample's values are smaller": by the normal distribution, with ties and continuity corrected, good from about ten values on.</summary>
    public double PSmaller { get; }

    /// <summary>Gets the one-sided p for "the first sample's values are larger".</summary>
    public double PLarger { get; }

    /// <summary>Tests two samples.</summary>
    /// <param name="first">Values, at least one, none NaN.</param>
    /// <param name="second">Values, at least one, none NaN.</param>
    /// <exception cref="ArgumentException">A sample is empty, or a value is NaN.</exception>
    public static RankSumTest Of(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        double[] all = [.. first, .. second];
        if (first.Count == 0 || second.Count == 0 || all.Any(double.IsNaN))
        {
            throw new ArgumentException($"A rank-sum test needs values on both sides, none of them NaN; there are {first.Count} and {second.Count}, and {all.Count(double.IsNaN)} of them are NaN.", nameof(first));
        }

        double smaller = first.Sum(one => second.Sum(other => one < other ? 1 : one == other ? 0.5 : 0));
        double pairs = (double)first.Count * second.Count, count = all.Length;
        double ties = all.CountBy(value => value).Sum(tie => ((double)tie.Value * tie.Value * tie.Value) - tie.Value);
        double deviation = Math.Sqrt(pairs / 12 * (count + 1 - (ties / Math.Max(1, count * (count - 1)))));
        return new(smaller / pairs, P(smaller), P(pairs - smaller));

        double P(double won) => deviation == 0 ? 1 : Normal.CDF(0, 1, ((pairs / 2) + 0.5 - won) / deviation);
    }
}

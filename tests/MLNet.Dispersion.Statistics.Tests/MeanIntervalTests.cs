namespace MLNet.Dispersion.Tests.Statistics;

public sealed class MeanIntervalTests
{
    /// <summary>Student's own example: hours of sleep gained by ten patients (1908).</summary>
    private static readonly double[] Sleep = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];

    [Fact]
    public void T_StudentsSleepData_IsThePublishedInterval()
    {
        Interval interval = MeanInterval.T(Sleep);

        Assert.Equal((1.58, 0.7001142, 2.4598858), (Math.Round(interval.Estimate, 10), Math.Round(interval.Lower, 7), Math.Round(interval.Upper, 7)));
        Assert.Equal(0.95, interval.Level);
        Assert.True(MeanInterval.T(Sleep, 0.99).Width > interval.Width);
    }

    /// <summary>Of two and three values, whose quantiles have a closed form: the level of 98 comparisons told together, of a thousand, and the largest below 1.</summary>
    [Theory]
    [InlineData(0.95)]
    [InlineData(0.9992)]
    [InlineData(1 - (0.05 / 98))]
    [InlineData(1 - (0.05 / 1000))]
    [InlineData(1 - 1e-9)]
    [InlineData(1 - 1.1102230246251565e-16)]
    public void T_FewValuesAtAnyLevel_IsTheClosedForm(double level)
    {
        double cauchy = 1 / Math.Tan(Math.PI * (1 - level) / 2);
        double ofTwoDegrees = level * Math.Sqrt(2 / ((1 - level) * (1 + level)));

        Assert.Equal(1, MeanInterval.T([0, 2], level).Upper / (1 + cauchy), 1e-6);
        Assert.Equal(1, MeanInterval.T([0, 1, 2], level).Upper / (1 + (ofTwoDegrees / Math.Sqrt(3))), 1e-6);
        Assert.True(double.IsFinite(MeanInterval.SkewT([0, 0, 2], level).Upper));
    }

    /// <summary>Published two-sided quantiles, and many values at the largest level below 1, where Student's number nears the normal distribution's 8.29.</summary>
    [Fact]
    public void T_MoreValues_HasPublishedQuantiles()
    {
        Assert.Equal(12.706205, Number(2, 0.95), 1e-6);
        Assert.Equal(636.619249, Number(2, 0.999), 1e-5);
        Assert.Equal(8.610302, Number(5, 0.999), 1e-6);
        Assert.InRange(Number(100_000, 1 - 1.1102230246251565e-16), 8.29, 8.31);

        // Half the width over the standard error.
        static double Number(int count, double level)
        {
            double[] values = [.. Enumerable.Range(0, count).Select(index => index % 2 == 0 ? -1.0 : 1)];
            return MeanInterval.T(values, level).Width / 2 / Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / (count - 1) / count);
        }
    }

    [Fact]
    public void SeedsByRows_TwoSeedsOfOneInAThousandComparisons_IsFinite()
    {
        var random = new Random(3);
        var differences = new PairedDifferences([.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, 30).Select(_ => random.NextDouble()).ToArray())]);

        Assert.True(PairedInterval.SeedsByRows(differences, 1 - (0.05 / 1000)).Width > PairedInterval.SeedsByRows(differences).Width);
        Assert.NotNull(Verdict.Of(differences, 0.01, level: 1 - (0.05 / 1000)).Text);
    }

    [Fact]
    public void SkewT_SymmetricValues_IsTheTInterval()
    {
        double[] values = [-3, -1, -1, 0, 0, 0, 1, 1, 3];

        Assert.Equal(MeanInterval.T(values).Lower, MeanInterval.SkewT(values).Lower, 1e-9);
        Assert.Equal(MeanInterval.T(values).Upper, MeanInterval.SkewT(values).Upper, 1e-9);
    }

    [Fact]
    public void SkewT_LongTailAbove_ReachesFurtherUp()
    {
        Interval even = MeanInterval.T(Sleep), skewed = MeanInterval.SkewT(Sleep);
        Interval mirrored = MeanInterval.SkewT([.. Sleep.Select(hours => -hours)]);

        Assert.True(skewed.Upper > even.Upper && skewed.Lower > even.Lower, $"{skewed} against {even}");
        Assert.Equal(-skewed.Lower, mirrored.Upper, 1e-12);
        Assert.InRange((skewed.Upper - skewed.Estimate) / (even.Upper - even.Estimate), 1, 1.6);
        Assert.InRange((MeanInterval.SkewT([.. new double[50], 1]).Upper - (1 / 51.0)) / (MeanInterval.T([.. new double[50], 1]).Width / 2), 1.3, 1.6);
    }

    [Fact]
    public void SkewT_EqualValues_IsAPoint()
    {
        Interval interval = MeanInterval.SkewT([2, 2, 2]);

        Assert.Equal((2, 2), (interval.Lower, interval.Upper));
    }

    [Fact]
    public void Bca_Mean_IsNearTheTIntervalAndFollowsTheTail()
    {
        var random = new Random(5);
        double[] even = [.. Enumerable.Range(0, 200).Select(_ => random.NextDouble())], skewed = [.. even.Select(value => -Math.Log(1 - value))];

        Interval t = MeanInterval.T(even), bca = BootstrapInterval.Mean(even);
        Interval tail = BootstrapInterval.Mean(skewed, seed: 2);

        Assert.InRange(bca.Width / t.Width, 0.93, 1.07);
        Assert.True(tail.Upper - tail.Estimate > 1.05 * (tail.Estimate - tail.Lower), $"{tail}");
        Assert.Equal(tail, BootstrapInterval.Mean(skewed, seed: 2));
        Assert.NotEqual(tail, BootstrapInterval.Mean(skewed, seed: 3));
    }

    [Fact]
    public void Bca_GrowingFunctionOfTheFigure_GoesThroughIt()
    {
        double[] values = [.. Enumerable.Range(0, 100).Select(i => Math.Sqrt(i / 100.0))];
        double Mean(IReadOnlyList<int> places) => places.Sum(place => values[place]) / places.Count;

        Interval plain = BootstrapInterval.Bca(100, Mean), power = BootstrapInterval.Bca(100, places => Math.Exp(Mean(places)));

        // Nearly: the acceleration is estimated from the figure, and quantiles fall between two drawn figures.
        Assert.Equal(plain.Lower, Math.Log(power.Lower), 0.02 * plain.Width);
        Assert.Equal(plain.Upper, Math.Log(power.Upper), 0.02 * plain.Width);
    }

    [Fact]
    public void Intervals_OfWhatHasNone_AreRefused()
    {
        Assert.Contains("at least 2 values", Assert.Throws<ArgumentException>(() => MeanInterval.T([1])).Message, StringComparison.Ordinal);
        Assert.Contains("Value 1 is Infinity", Assert.Throws<ArgumentException>(() => MeanInterval.SkewT([1, double.PositiveInfinity])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => MeanInterval.T([1, 2], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => BootstrapInterval.Mean([1, 2], resamples: 10));
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => BootstrapInterval.Bca(3, _ => double.NaN)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Through_GrowingFunction_MovesAllThree()
    {
        Interval ratio = new Interval { Estimate = 0, Lower = -0.01, Upper = 0.02, Level = 0.95 }.Through(Math.Exp);

        Assert.Equal((1, Math.Exp(-0.01), Math.Exp(0.02)), (ratio.Estimate, ratio.Lower, ratio.Upper));
        Assert.Throws<ArgumentException>(() => ratio.Through(value => -value));
    }
}

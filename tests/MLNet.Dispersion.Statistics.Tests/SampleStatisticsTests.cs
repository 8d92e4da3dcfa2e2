namespace MLNet.Dispersion.Tests.Statistics;

public sealed class SampleStatisticsTests
{
    [Fact]
    public void Mean_OfFewValues_HasTheErrorOfTheTextbook()
    {
        (double mean, double error) = SampleStatistics.Mean([1, 2, 3, 6]);
        Assert.Equal(3, mean, 1e-15);
        Assert.Equal(Math.Sqrt((4 + 1 + 0 + 9) / 3.0 / 4), error, 1e-15);
        Assert.Equal((5, double.NaN), SampleStatistics.Mean([5]));
        Assert.Throws<ArgumentException>(() => SampleStatistics.Mean([]));
    }

    [Fact]
    public void Ratio_OfSums_EqualsTheMeanWhereAllUnitsWeighTheSame()
    {
        (double Ratio, double Error) ratio = SampleStatistics.Ratio([1, 2, 3, 6], [1, 1, 1, 1]);
        (double mean, double error) = SampleStatistics.Mean([1, 2, 3, 6]);
        Assert.Equal(mean, ratio.Ratio, 1e-15);
        Assert.Equal(error, ratio.Error, 1e-15);
        Assert.Equal(0.5, SampleStatistics.Ratio([1, 3], [2, 6]).Ratio, 1e-15);
        Assert.Equal(0, SampleStatistics.Ratio([1, 3], [2, 6]).Error, 1e-15);
        Assert.Throws<ArgumentException>(() => SampleStatistics.Ratio([1], [1, 2]));
    }

    [Fact]
    public void Exp_CarriesTheErrorThroughBySlope()
    {
        (double value, double error) = SampleStatistics.Exp((2, 0.1));
        Assert.Equal(Math.Exp(2), value, 1e-12);
        Assert.Equal(Math.Exp(2) * 0.1, error, 1e-12);
    }
}

namespace MLNet.Dispersion.Tests.Statistics;

public class RankCorrelationTests
{
    [Fact]
    public void SpearmanAndKendall_TiesOnBothSides_EqualValuesWorkedByHand()
    {
        double[] x = [1, 2, 2, 3], y = [10, 10, 30, 20];

        // Ranks less their mean: -1.5, 0, 0, 1.5 and -1, -1, 1.5, 0.5. Cross product 2.25 over sqrt(4.5 * 4.5).
        Assert.Equal(2.25 / 4.5, RankCorrelation.Spearman(x, y), 1e-15);

        // Pairs: (1,2) tied in y, (1,3)+, (1,4)+, (2,3) tied in x, (2,4)+, (3,4)-: balance 2, five untied pairs on each side.
        Assert.Equal(2 / 5.0, RankCorrelation.KendallTauB(x, y), 1e-15);
    }

    [Fact]
    public void SpearmanAndKendall_ReversedOrMonotone_AreExtreme()
    {
        double[] x = [0, 1, 2, 3, 4], y = [-9, 0.1, 0.2, 7, 1e9];
        Assert.Equal(1, RankCorrelation.Spearman(x, y), 1e-15);
        Assert.Equal(1, RankCorrelation.KendallTauB(x, y), 1e-15);
        Assert.Equal(-1, RankCorrelation.Spearman(x, [.. y.Reverse()]), 1e-15);
        Assert.Equal(-1, RankCorrelation.KendallTauB(x, [.. y.Reverse()]), 1e-15);
    }

    [Fact]
    public void SpearmanAndKendall_NoOrder_AreNaN()
    {
        foreach ((double[] x, double[] y) in new (double[], double[])[] { ([], []), ([1], [2]), ([1, 2], [3, 3]) })
        {
            Assert.Equal(double.NaN, RankCorrelation.Spearman(x, y));
            Assert.Equal(double.NaN, RankCorrelation.KendallTauB(x, y));
        }
    }

    [Fact]
    public void SpearmanAndKendall_BadLists_Throw()
    {
        Assert.Throws<ArgumentException>(() => RankCorrelation.Spearman([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => RankCorrelation.KendallTauB([1, double.NaN], [1, 2]));
        Assert.Throws<ArgumentException>(() => RankCorrelation.Spearman([1, 2], [1, double.PositiveInfinity]));
    }
}

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

    [Theory]
    [InlineData(new double[] { 1, 2, 3, 4, 6, 5 }, 12 / 720.0)]
    [InlineData(new double[] { 1, 2, 3, 6, 4, 5 }, 42 / 720.0)]
    [InlineData(new double[] { 5, 4, 3, 2, 1 }, 2 / 120.0)]
    [InlineData(new double[] { 1, 2, 3, 4 }, 2 / 24.0)]
    [InlineData(new double[] { 1, 1, 2 }, 4 / 6.0)]
    public void SpearmanPValue_FewValues_CountsAllOrders(double[] values, double expected) =>
        Assert.Equal(expected, RankCorrelation.SpearmanPValue(values, [.. Enumerable.Range(0, values.Length).Select(i => (double)i)]), 1e-12);

    [Fact]
    public void SpearmanPValue_ManyValues_IsStudentsT()
    {
        // n = 12, rho = 1 - 6 * 60 / (12 * 143): t = rho sqrt(10 / (1 - rho^2)) with 10 degrees.
        double[] values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        double[] others = [6, 2, 3, 4, 5, 1, 7, 8, 9, 10, 11, 12];
        double rho = RankCorrelation.Spearman(values, others);
        Assert.Equal(1 - (6 * 50 / (12.0 * 143)), rho, 1e-12);
        Assert.Equal(0.00095136, RankCorrelation.SpearmanPValue(values, others), 1e-7);
        Assert.True(double.IsNaN(RankCorrelation.SpearmanPValue([1, 1, 1], [1, 2, 3])));
        Assert.Equal(0, RankCorrelation.SpearmanPValue(values, values), 1e-12);
    }
}

namespace MLNet.Dispersion.Tests.Statistics;

public sealed class TestsOfSignificanceTests
{
    [Theory]
    [InlineData(0, 0, 1, 1)]
    [InlineData(5, 5, 1, 1)]
    [InlineData(0, 5, 0.0625, 0.03125)]
    [InlineData(1, 7, 0.0703125, 0.0390625)]
    [InlineData(10, 2, 0.03857421875, 0.0224609375)]
    public void McNemar_Counts_HaveTheBinomialsTails(int gained, int lost, double exact, double mid)
    {
        McNemarTest test = McNemarTest.Of(gained, lost), mirrored = McNemarTest.Of(lost, gained);

        Assert.Equal(exact, test.ExactP, 1e-12);
        Assert.Equal(mid, test.MidP, 1e-12);
        Assert.Equal((test.ExactP, test.MidP), (mirrored.ExactP, mirrored.MidP));
    }

    [Fact]
    public void McNemar_Answers_AreCounted()
    {
        McNemarTest test = McNemarTest.Of([true, true, false, false, true], [true, false, true, false, false]);

        Assert.Equal((2, 1), (test.Gained, test.Lost));
        Assert.Throws<ArgumentException>(() => McNemarTest.Of([true], [true, false]));
        Assert.Throws<ArgumentOutOfRangeException>(() => McNemarTest.Of(-1, 2));
    }

    [Fact]
    public void Holm_SeveralValues_AreMultipliedByThoseLeftAndNeverFall()
    {
        Assert.Equal([0.03, 0.06, 0.06, 0.02], Holm.Adjust([0.01, 0.04, 0.03, 0.005]).Select(p => Math.Round(p, 12)));
        Assert.Equal([1, 1], Holm.Adjust([0.7, 0.9]));
        Assert.Empty(Holm.Adjust([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Holm.Adjust([1.2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Holm.Adjust([double.NaN]));
    }

    [Fact]
    public void RankSum_SmallerSample_IsFound()
    {
        double[] small = [.. Enumerable.Range(0, 20).Select(i => (double)i)], large = [.. Enumerable.Range(0, 20).Select(i => i + 8.5)];

        RankSumTest test = RankSumTest.Of(small, large);

        // U = 321.5 - ...: pairs with i < j + 8.5 are 400 - (1 + 2 + ... + 11) = 334.
        Assert.Equal(334 / 400.0, test.SmallerShare, 1e-12);
        Assert.Equal(0.000156, test.PSmaller, 1e-5);
        Assert.True(test.PLarger > 0.999);
        Assert.Equal(test.PSmaller, RankSumTest.Of(large, small).PLarger, 1e-12);
    }

    [Fact]
    public void RankSum_TiesAlone_SayNothing()
    {
        RankSumTest test = RankSumTest.Of([1, 1, 1], [1, 1]);

        Assert.Equal((0.5, 1, 1), (test.SmallerShare, test.PSmaller, test.PLarger));
        Assert.Throws<ArgumentException>(() => RankSumTest.Of([], [1]));
        Assert.Throws<ArgumentException>(() => RankSumTest.Of([double.NaN], [1]));
        Assert.Equal(1, RankSumTest.Of([1], [double.PositiveInfinity]).SmallerShare);
    }
}

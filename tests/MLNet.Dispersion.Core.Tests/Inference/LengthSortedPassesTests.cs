namespace MLNet.Dispersion.Tests.Inference;

public sealed class LengthSortedPassesTests
{
    [Theory]
    [InlineData(0, 64, 8, 10)]
    [InlineData(1, 64, 8, 10)]
    [InlineData(300, 256, 16, 64)]
    [InlineData(300, 1, 16, 64)]
    [InlineData(300, 4096, 1, 0)]
    public void Cheapest_AnyLimits_HoldsEveryRowOnceShortestFirst(int rows, int maxTokens, int maxRows, int passCost)
    {
        int[] lengths = Lengths(rows, 60);

        IReadOnlyList<int[]> passes = LengthSortedPasses.Cheapest(lengths, maxTokens, maxRows, passCost);

        int[] order = [.. passes.SelectMany(pass => pass)];
        Assert.Equal(Enumerable.Range(0, rows), order.Order());
        Assert.Equal(lengths.Order(), order.Select(row => lengths[row]));
        Assert.All(passes, pass => Assert.True(pass.Length == 1 || pass.Length * pass.Max(row => lengths[row]) <= maxTokens));
        Assert.All(passes, pass => Assert.InRange(pass.Length, 1, maxRows));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(40)]
    [InlineData(1000)]
    public void Cheapest_FewRows_CostsAsLittleAsTheBestOfAllCuts(int passCost)
    {
        int[] lengths = Lengths(11, 30);
        int[] sorted = [.. lengths.Order()];
        long best = Enumerable.Range(0, 1 << 10).Min(cuts => CostOfCuts(sorted, cuts, maxTokens: 120, maxRows: 5, passCost));

        IReadOnlyList<int[]> passes = LengthSortedPasses.Cheapest(lengths, 120, 5, passCost);

        Assert.Equal(best, passes.Sum(pass => ((long)pass.Length * pass.Max(row => lengths[row])) + passCost));
    }

    private static long CostOfCuts(int[] sorted, int cuts, int maxTokens, int maxRows, int passCost)
    {
        long cost = 0;
        int first = 0;
        for (int row = 0; row < sorted.Length; row++)
        {
            if (row < sorted.Length - 1 && (cuts >> row & 1) == 0)
            {
                continue;
            }

            int rows = row + 1 - first;
            if (rows > maxRows || (rows > 1 && rows * sorted[row] > maxTokens))
            {
                return long.MaxValue;
            }

            cost += ((long)rows * sorted[row]) + passCost;
            first = row + 1;
        }

        return cost;
    }

    private static int[] Lengths(int rows, int longest)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, rows).Select(_ => random.Next(1, longest + 1))];
    }
}

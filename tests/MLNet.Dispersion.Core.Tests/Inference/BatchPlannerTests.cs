namespace MLNet.Dispersion.Tests.Inference;

public class BatchPlannerTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 0, 4, 50 }, { 1, 4, 50 }, { 3, 4, 50 }, { 64, 16, 50 }, { 1000, 16, 7 }, { 1001, 16, 1 }, { 57, 1, 3 }, { 20, int.MaxValue, int.MaxValue },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Epoch_AnyShape_HoldsEveryRowOnceAndNoBatchAboveSize(int rows, int batchSize, int window)
    {
        var planner = new BatchPlanner(Lengths(rows), batchSize, window);

        foreach (IReadOnlyList<int[]> plan in new[] { planner.Epoch(1, 0), planner.Epoch(1, 1), planner.Epoch(-5, 3), planner.Sorted() })
        {
            Assert.Equal(Enumerable.Range(0, rows), plan.SelectMany(b => b).Order());
            Assert.All(plan, b => Assert.InRange(b.Length, 1, batchSize));
            Assert.Equal(planner.BatchCount, plan.Count);
            Assert.True(plan.Count(b => b.Length < Math.Min(batchSize, rows)) <= 1);
        }
    }

    [Fact]
    public void Epoch_SameSeedAndEpoch_IsTheSamePlan()
    {
        int[] lengths = Lengths(500);

        Assert.Equal(new BatchPlanner(lengths, 8).Epoch(3, 2), new BatchPlanner(lengths, 8).Epoch(3, 2));
    }

    [Fact]
    public void Epoch_OtherSeedOrEpoch_IsAnotherPlan()
    {
        var planner = new BatchPlanner(Lengths(500), 8);
        var plans = from seed in (int[])[0, 1, 2, int.MinValue] from epoch in (int[])[0, 1, 2, 3] select string.Join(',', planner.Epoch(seed, epoch).SelectMany(b => b));

        Assert.Equal(16, plans.Distinct().Count());
    }

    [Fact]
    public void Epoch_KnownSeed_IsThisPlanForEver() =>
        Assert.Equal(ExpectedPlan, string.Join(" | ", new BatchPlanner([5, 1, 4, 1, 3, 9, 2], 2, 2).Epoch(7, 1).Select(b => string.Join(',', b))));

    private const string ExpectedPlan = "4 | 6,0 | 1,5 | 3,2";

    [Fact]
    public void Epoch_RaggedRows_WastesFarLessPaddingThanShuffledRows()
    {
        int[] lengths = Lengths(2000);
        int[] shuffled = [.. Enumerable.Range(0, lengths.Length)];
        new Random(1).Shuffle(shuffled);

        long plain = Padding(shuffled.Chunk(16), lengths);
        long bucketed = Padding(new BatchPlanner(lengths, 16).Epoch(1, 0), lengths);
        long sorted = Padding(new BatchPlanner(lengths, 16).Sorted(), lengths);

        Assert.True(bucketed * 5 < plain, $"{bucketed} pads bucketed, {plain} without");
        Assert.True(sorted <= bucketed, $"{sorted} pads sorted, {bucketed} bucketed");
    }

    [Theory]
    [InlineData(100)]
    [InlineData(600)]
    public void Epoch_FewRows_PutsThemIntoOtherCompanyEachTime(int rows)
    {
        var planner = new BatchPlanner(Lengths(rows), 16);
        HashSet<(int, int)> Pairs(int epoch) => [.. planner.Epoch(1, epoch).SelectMany(b => from x in b from y in b where x < y select (x, y))];

        HashSet<(int, int)> first = Pairs(0);
        int shared = Pairs(1).Count(first.Contains);

        Assert.True(shared * 2 < first.Count, $"{shared} of {first.Count} pairs of rows share a batch again");
    }

    [Fact]
    public void Epoch_Batches_ComeInNoOrderOfLength()
    {
        int[] lengths = Lengths(2000);
        int[] longest = [.. new BatchPlanner(lengths, 16).Epoch(1, 0).Select(b => b.Max(r => lengths[r]))];
        double early = longest.Take(longest.Length / 2).Average();
        double late = longest.Skip(longest.Length / 2).Average();

        Assert.InRange(early / late, 0.8, 1.25);
    }

    [Fact]
    public void Sorted_Plan_BeginsWithTheLongest()
    {
        int[] lengths = Lengths(100);
        int[] order = [.. new BatchPlanner(lengths, 8).Sorted().SelectMany(b => b).Select(r => lengths[r])];

        Assert.Equal(order.OrderDescending(), order);
    }

    [Fact]
    public void ComputeSorted_Results_ComeInTheRowsOwnOrder()
    {
        var planner = new BatchPlanner(Lengths(101), 8);

        Assert.Equal(Enumerable.Range(0, 101).Select(r => r * 10), planner.ComputeSorted(batch => batch.Select(r => r * 10).ToArray()));
    }

    [Fact]
    public void ComputeSorted_TooFewResults_Throws() =>
        Assert.Throws<InvalidOperationException>(() => new BatchPlanner([1, 2], 2).ComputeSorted(batch => new int[1]));

    [Fact]
    public void New_ImpossibleNumbers_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchPlanner([1], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchPlanner([1], 1, 0));
        Assert.Contains("Row 1", Assert.Throws<ArgumentOutOfRangeException>(() => new BatchPlanner([1, -2], 1)).Message);
    }

    private static int[] Lengths(int rows)
    {
        var random = new Random(11);
        return [.. Enumerable.Range(0, rows).Select(_ => 1 + (int)(120 * Math.Pow(random.NextDouble(), 3)))];
    }

    private static long Padding(IEnumerable<int[]> batches, int[] lengths) =>
        batches.Sum(b => b.Sum(r => (long)b.Max(x => lengths[x]) - lengths[r]));
}

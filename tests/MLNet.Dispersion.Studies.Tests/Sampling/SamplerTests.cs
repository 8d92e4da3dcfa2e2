namespace MLNet.Dispersion.Studies.Tests.Sampling;

public sealed class SamplerTests
{
    private static readonly SearchSpace Space = Support.Studies.Space;

    public static TheoryData<ISampler> Each => [new RandomSampler(), new HaltonSampler(), new SobolSampler(), new GridSampler(3), new TpeSampler()];

    [Theory]
    [MemberData(nameof(Each))]
    public void Sample_TheSameSeed_GivesTheSameValidPoints(ISampler sampler)
    {
        List<Trial> one = Support.Studies.Run(sampler, Space, 60, 5, Value);
        List<Trial> again = Support.Studies.Run(sampler, Space, 60, 5, Value);

        Assert.Equal(60, one.Count);
        Assert.All(one, trial => Space.Validate(trial.Parameters!));
        Assert.Equal(one.Select(trial => trial.Parameters!.ToJson()), again.Select(trial => trial.Parameters!.ToJson()));
        if (sampler is not GridSampler)
        {
            Assert.NotEqual(one.Select(trial => trial.Parameters!.ToJson()), Support.Studies.Run(sampler, Space, 60, 6, Value).Select(trial => trial.Parameters!.ToJson()));
        }
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void Sample_EmptySpace_SaysHowToBegin(ISampler sampler)
    {
        var error = Assert.Throws<ArgumentException>(() => sampler.Sample(SearchSpace.Empty, Support.Studies.Minimum, [], 0, 1));

        Assert.Contains("SearchSpace.Empty", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Grid_ConditionalSpace_HasEachPointOnce()
    {
        var sampler = new GridSampler(3);
        SearchSpace space = SearchSpace.Empty.Choice("kind", "a", "b").When("kind", "b", sub => sub.Uniform("weight", 0, 1)).Integer("epochs", 1, 2);
        List<Trial> trials = Support.Studies.Run(sampler, space, 100, 1, _ => 0);

        // One branch of 2 points, one of 3 times 2.
        Assert.Equal(8, trials.Count);
        Assert.Equal(8, sampler.Count(space));
        Assert.Equal(8, trials.Select(trial => trial.Parameters!.ToJson()).Distinct().Count());
        Assert.Equal([0, 0.5, 1], trials.Where(trial => trial.Parameters!.Has("weight")).Select(trial => trial.Parameters!.GetDouble("weight")).Distinct());
    }

    [Fact]
    public void Grid_SmallLogarithmicInteger_HasEachValue()
    {
        List<Trial> trials = Support.Studies.Run(new GridSampler(5), SearchSpace.Empty.LogInteger("rank", 1, 5), 100, 1, _ => 0);

        Assert.Equal([1, 2, 3, 4, 5], trials.Select(trial => trial.Parameters!.GetInteger("rank")));
    }

    [Fact]
    public void Grid_MorePointsThanANumberHolds_StillHasItsFirst()
    {
        SearchSpace large = Enumerable.Range(0, 40).Aggregate(SearchSpace.Empty.Choice("kind", "a", "b").When("kind", "b", sub => sub.Uniform("y", 0, 1)), (space, k) => space.Uniform($"x{k}", 0, 1));
        var sampler = new GridSampler(5);

        Assert.Equal(long.MaxValue, sampler.Count(large));
        large.Validate(sampler.Sample(large, Support.Studies.Minimum, [], 3, 1)!);
    }

    [Fact]
    public void Grid_TrialsAskedForInAdvance_TakeNoPoint()
    {
        var sampler = new GridSampler(3);
        Trial advance = Support.Studies.Completed(0, Support.Studies.Point(0, 0), 1) with { Kind = "default" };

        ParameterSet first = sampler.Sample(Support.Studies.Plane, Support.Studies.Minimum, [], 0, 1)!;

        Assert.Equal(first.ToJson(), sampler.Sample(Support.Studies.Plane, Support.Studies.Minimum, [advance], 1, 1)!.ToJson());
        Assert.Throws<ArgumentOutOfRangeException>(() => new GridSampler(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Halton_ThePlane_IsCoveredMoreEvenlyThanAtRandom(long seed)
    {
        Assert.InRange(Discrepancy(new HaltonSampler(), seed), 0, 0.5 * Discrepancy(new RandomSampler(), seed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Sobol_ThePlane_IsCoveredMoreEvenlyThanAtRandom(long seed)
    {
        Assert.InRange(Discrepancy(new SobolSampler(), seed), 0, 0.5 * Discrepancy(new RandomSampler(), seed));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(-12345678901)]
    public void Sobol_EachCoordinate_HasOnePointInEachSlice(long seed)
    {
        var sequence = new SobolSequence(seed);

        for (int dimension = 0; dimension < 40; dimension++)
        {
            // The first 256 points, and the next ones.
            Assert.Equal(256, Enumerable.Range(0, 256).Select(i => (int)(256 * sequence.At(i, dimension))).Distinct().Count());
            Assert.Equal(256, Enumerable.Range(256, 256).Select(i => (int)(256 * sequence.At(i, dimension))).Distinct().Count());
        }
    }

    [Fact]
    public void Sobol_PairsOfCoordinates_LieInBoxesOfAllShapes()
    {
        var sequence = new SobolSequence(3);

        // The first two coordinates are a (0, m, 2)-net: one point in each box of area 1/256, of whichever shape.
        foreach (int wide in Enumerable.Range(0, 9))
        {
            int columns = 1 << wide, rows = 256 / columns;
            Assert.Equal(256, Enumerable.Range(0, 256).Select(i => ((int)(columns * sequence.At(i, 0)), (int)(rows * sequence.At(i, 1)))).Distinct().Count());
        }

        // No two of the first 40 lie on a few lines.
        foreach (int one in Enumerable.Range(0, 40))
        {
            foreach (int other in Enumerable.Range(0, one))
            {
                Assert.True(Enumerable.Range(0, 256).Select(i => ((int)(16 * sequence.At(i, one)), (int)(16 * sequence.At(i, other)))).Distinct().Count() >= 60, $"Coordinates {other} and {one} go together.");
            }
        }
    }

    [Fact]
    public void Sobol_DifferentSeeds_HaveAPointAnywhere()
    {
        double[] firsts = [.. Enumerable.Range(1, 400).Select(seed => new SobolSequence(seed).At(0, 2))];

        Assert.Equal(0.5, firsts.Average(), 0.06);
        Assert.Equal(1 / 12.0, firsts.Average(first => Math.Pow(first - 0.5, 2)), 0.012);
    }

    [Fact]
    public void Tpe_AnyMonotoneTransformOfTheObjective_GivesTheSamePoints()
    {
        var sampler = new TpeSampler();

        string[] plain = [.. Support.Studies.Run(sampler, Space, 40, 2, Value).Select(trial => trial.Parameters!.ToJson())];

        Assert.Equal(plain, Support.Studies.Run(sampler, Space, 40, 2, Value, value => Math.Exp(3 * value) - 1000).Select(trial => trial.Parameters!.ToJson()));
    }

    [Fact]
    public void Tpe_ABowl_IsSearchedBetterThanAtRandom()
    {
        double[] ratios = [.. Enumerable.Range(1, 7).Select(seed => Best(new TpeSampler(), seed) / Best(new RandomSampler(), seed)).Order()];

        Assert.True(ratios[3] < 0.3, $"The median of TPE's best over random search's is {ratios[3]}.");

        static double Best(ISampler sampler, long seed) =>
            Support.Studies.Run(sampler, Support.Studies.Plane, 60, seed, point => Math.Pow(point.GetDouble("x") - 0.3, 2) + Math.Pow(point.GetDouble("y") + 0.5, 2)).Min(trial => trial.Values[0]);
    }

    [Fact]
    public void Tpe_RunningTrials_AreNotDrawnAgain()
    {
        var sampler = new TpeSampler();
        List<Trial> history = Support.Studies.Run(sampler, Support.Studies.Plane, 30, 1, point => Math.Pow(point.GetDouble("x"), 2) + Math.Pow(point.GetDouble("y"), 2));

        var drawn = new List<ParameterSet>();
        for (int number = 30; number < 36; number++)
        {
            drawn.Add(sampler.Sample(Support.Studies.Plane, Support.Studies.Minimum, history, number, 1)!);
            history.Add(new Trial { Number = number, State = TrialState.Running, Parameters = drawn[^1] });
        }

        for (int i = 0; i < drawn.Count; i++)
        {
            Assert.All(drawn.Take(i), other => Assert.True(Math.Abs(other.GetDouble("x") - drawn[i].GetDouble("x")) + Math.Abs(other.GetDouble("y") - drawn[i].GetDouble("y")) > 1e-3));
        }
    }

    [Fact]
    public void Tpe_FailedAndPrunedTrials_ArePutBehindCompletedOnes()
    {
        Trial[] history =
        [
            Support.Studies.Completed(0, Support.Studies.Point(0, 0), 5),
            new() { Number = 1, State = TrialState.Failed, Parameters = Support.Studies.Point(0, 0) },
            new() { Number = 2, State = TrialState.Pruned, Parameters = Support.Studies.Point(0, 0), Intermediate = [new() { Step = 1, Value = 9 }] },
            new() { Number = 3, State = TrialState.Pruned, Parameters = Support.Studies.Point(0, 0), Intermediate = [new() { Step = 1, Value = 2 }, new() { Step = 3, Value = 8 }] },
            new() { Number = 4, State = TrialState.Pruned, Parameters = Support.Studies.Point(0, 0), Intermediate = [new() { Step = 1, Value = 7 }] },
            new() { Number = 5, State = TrialState.Running, Parameters = Support.Studies.Point(0, 0) },
            Support.Studies.Completed(6, Support.Studies.Point(0, 0), 4),
        ];

        Assert.Equal([6, 0, 3, 4, 2, 1, 5], TrialRanking.BestFirst(history, Support.Studies.Minimum).Select(trial => trial.Number));
    }

    [Theory]
    [InlineData(0, 24, 0.1, 25, "StartupTrials")]
    [InlineData(10, 0, 0.1, 25, "Candidates")]
    [InlineData(10, 24, 1.0, 25, "GoodShare")]
    [InlineData(10, 24, 0.1, 0, "MostGood")]
    public void Tpe_BadOptions_AreRefused(int startup, int candidates, double share, int most, string name)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new TpeSampler(new TpeOptions { StartupTrials = startup, Candidates = candidates, GoodShare = share, MostGood = most }));

        Assert.Equal(name, error.ParamName);
    }

    [Fact]
    public void Parzen_OneDimension_HasMassOne()
    {
        SearchParameter[] parameters = [SearchSpace.Empty.Uniform("x", 0, 1).Parameters[0]];
        var estimator = new ParzenEstimator(parameters, [[0.02], [0.5], [0.51], [1.0]]);

        double mass = Enumerable.Range(0, 20000).Average(i => Math.Exp(estimator.LogDensity([(i + 0.5) / 20000])));

        Assert.Equal(1, mass, 1e-4);
    }

    [Fact]
    public void Parzen_FiniteParameters_HaveMassOne()
    {
        SearchParameter[] parameters = [SearchSpace.Empty.Integer("n", 1, 7).Parameters[0], SearchSpace.Empty.Choice("c", "a", "b", "d").Parameters[0]];
        var estimator = new ParzenEstimator(parameters, [[0.5 / 7, 0.5], [6.5 / 7, 0.5 / 3]]);

        double mass = Enumerable.Range(0, 7).Average(n => Enumerable.Range(0, 3).Average(c => Math.Exp(estimator.LogDensity([(n + 0.5) / 7, (c + 0.5) / 3]))));

        Assert.Equal(1, mass, 1e-9);
    }

    [Fact]
    public void Parzen_LogarithmicInteger_HasMassOneOverItsUnevenShares()
    {
        SearchParameter rank = SearchSpace.Empty.LogInteger("rank", 1, 6).Parameters[0];
        var estimator = new ParzenEstimator([rank], [[rank.PlaceOf(5L)], [rank.PlaceOf(1L)]]);

        double mass = Enumerable.Range(0, 6).Select(rank.ValueOf).Sum(value =>
        {
            (double from, double to) = rank.ShareOf(rank.PlaceOf(value));
            return (to - from) * Math.Exp(estimator.LogDensity([rank.PlaceOf(value)]));
        });

        Assert.Equal(1, mass, 1e-9);
        Assert.NotEqual(estimator.LogDensity([rank.PlaceOf(5L)]), estimator.LogDensity([rank.PlaceOf(6L)]), 1e-6);
    }

    [Theory]
    [InlineData(-1, 1, 0.68268949213708585)]
    [InlineData(6, 7, 9.8530783247386e-10)]
    [InlineData(10, 10.0001, 7.6907539e-27)]
    public void Mass_TabledSlices_Agree(double from, double to, double expected)
    {
        Assert.Equal(1, Normal.Mass(from, to) / expected, 1e-4);
        Assert.Equal(1, Normal.Mass(-to, -from) / expected, 1e-4);
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.84134474606854293)]
    [InlineData(-2.5, 0.0062096653257761)]
    [InlineData(4, 0.99996832875816688)]
    [InlineData(-6, 9.8658764503769458e-10)]
    public void Cumulative_TabledValues_Agree(double x, double expected) => Assert.Equal(1, Normal.Cumulative(x) / expected, 1e-10);

    private static double Value(ParameterSet point) =>
        Math.Abs(point.GetDouble("x")) + (point.Has("weight") ? point.GetDouble("weight") : 0.5) + (0.1 * point.GetInteger("epochs"));

    /// <summary>The largest difference between a corner box's area and its share of points.</summary>
    private static double Discrepancy(ISampler sampler, long seed)
    {
        var points = Support.Studies.Run(sampler, Support.Studies.Plane, 200, seed, _ => 0).ConvertAll(trial => ((trial.Parameters!.GetDouble("x") + 1) / 2, (trial.Parameters.GetDouble("y") + 1) / 2));
        return Enumerable.Range(1, 20).SelectMany(i => Enumerable.Range(1, 20).Select(j => (X: i / 20.0, Y: j / 20.0)))
            .Max(box => Math.Abs((box.X * box.Y) - (points.Count(point => point.Item1 < box.X && point.Item2 < box.Y) / 200.0)));
    }
}

namespace MLNet.Dispersion.Studies.Tests.Pruning;

public sealed class OtherPrunerTests
{
    private static readonly StudyObjective Loss = new() { Name = "loss", Maximize = false };
    private static readonly StudyObjective Accuracy = new() { Name = "accuracy", Maximize = true };

    [Fact]
    public void Percentile_BestSoFar_IsHeldAgainstTheOthersAtThisStep()
    {
        Trial[] others = [Completed(1, 5, 1), Completed(2, 5, 2), Completed(3, 5, 3)];
        var median = PercentilePruner.Median(startupTrials: 3);

        // Its value of 9 at the second step is bad; its best so far, 2, equals the median there.
        Assert.False(Prune(median, Loss, others, 2, 9));
        Assert.True(Prune(median, Loss, others, 2.1, 9));
        Assert.False(Prune(new PercentilePruner(75, startupTrials: 3), Loss, others, 2.4, 9));
        Assert.True(Prune(median, Accuracy, others, 1.9, 1.8));
        Assert.False(Prune(PercentilePruner.Median(startupTrials: 4), Loss, others, 2.1, 9));
        Assert.False(Prune(PercentilePruner.Median(startupTrials: 3, warmupSteps: 3), Loss, others, 2.1, 9));
        Assert.False(Prune(PercentilePruner.Median(startupTrials: 3, leastTrials: 4), Loss, others, 2.1, 9));
        Assert.True(Prune(median, Loss, others, double.NaN, double.NaN));
        Assert.True(Prune(median, Loss, others, double.PositiveInfinity, double.PositiveInfinity));
        Assert.False(Prune(median, Loss, others, double.NegativeInfinity, 9));
        Assert.False(Prune(median, Loss, [.. others.Select(other => other with { State = TrialState.Pruned })], 2.1, 9));
        Assert.False(Prune(median, Loss, others, 9, 9, 9));
        Assert.False(median.ShouldPrune(Loss, new Trial { Number = 0, State = TrialState.Running }, others));
    }

    [Fact]
    public void Threshold_ValueOutside_StopsFromTheWarmUpOn()
    {
        var pruner = new ThresholdPruner(lower: 0, upper: 2, warmupSteps: 2, interval: 2);

        Assert.False(Prune(pruner, Loss, [], 3));
        Assert.True(Prune(pruner, Loss, [], 1, 3));
        Assert.False(Prune(pruner, Loss, [], 1, 1, 3));
        Assert.True(Prune(pruner, Loss, [], 1, 1, 1, -1));
        Assert.True(Prune(pruner, Loss, [], 1, double.NaN));
        Assert.False(Prune(pruner, Loss, [], 1, 2));
        Assert.False(pruner.ShouldPrune(Loss, new Trial { Number = 0, State = TrialState.Running }, []));
    }

    [Fact]
    public void Patient_NoBetterValueForLong_StopsOrAsks()
    {
        var pruner = new PatientPruner(patience: 1);

        Assert.False(Prune(pruner, Loss, [], 1, 2));
        Assert.True(Prune(pruner, Loss, [], 1, 2, 2));
        Assert.False(Prune(pruner, Loss, [], 1, 2, 1));
        Assert.False(Prune(pruner, Loss, [], 1, double.NaN, 0.5));
        Assert.True(Prune(pruner, Accuracy, [], 3, 2, 2));
        Assert.False(Prune(pruner, Accuracy, [], 1, 2, 2));
        Assert.False(Prune(new PatientPruner(1, leastChange: 1), Loss, [], 1, 2, 2));
        Assert.False(Prune(new PatientPruner(1, inner: new NoPruning()), Loss, [], 1, 2, 2));
        Assert.True(Prune(new PatientPruner(1, inner: new ThresholdPruner(upper: 1.5)), Loss, [], 1, 2, 2));
    }

    [Fact]
    public void Hyperband_Brackets_ShareTheTrialsAndCompeteAlone()
    {
        var pruner = new HyperbandPruner(maximumSteps: 9);
        int[] counts = [.. Enumerable.Range(0, 2000).Select(pruner.BracketOf).CountBy(bracket => bracket).OrderBy(pair => pair.Key).Select(pair => pair.Value)];

        // Three brackets with budgets of 9, 5 and 3 in 17.
        Assert.Equal(3, counts.Length);
        Assert.InRange(counts[0], 950, 1170);
        Assert.InRange(counts[2], 270, 440);

        // Only those of its bracket stand in a trial's way, the last bracket lets all pass before its end.
        int number = Enumerable.Range(0, 99).First(trial => pruner.BracketOf(trial) == 0);
        Trial[] strangers = [.. Enumerable.Range(100, 99).Where(trial => pruner.BracketOf(trial) != 0).Select(trial => Completed(trial, 0))], peers = [.. Enumerable.Range(100, 99).Where(trial => pruner.BracketOf(trial) == 0).Select(trial => Completed(trial, 0))];
        Assert.False(pruner.ShouldPrune(Loss, Running(number, 1), strangers));
        Assert.True(pruner.ShouldPrune(Loss, Running(number, 1), [.. strangers, .. peers]));
    }

    [Fact]
    public void Create_BadFigures_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PercentilePruner(101));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PercentilePruner(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PercentilePruner(50, interval: 0));
        Assert.Throws<ArgumentException>(() => new ThresholdPruner());
        Assert.Throws<ArgumentException>(() => new ThresholdPruner(2, 1));
        Assert.Throws<ArgumentException>(() => new ThresholdPruner(double.NaN, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PatientPruner(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PatientPruner(1, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HyperbandPruner(1, 2));
    }

    private static bool Prune(IPruner pruner, StudyObjective objective, IReadOnlyList<Trial> others, params double[] values)
    {
        Trial trial = Running(0, values);
        return pruner.ShouldPrune(objective, trial, [trial, .. others]);
    }

    private static Trial Running(int number, params double[] values) => new() { Number = number, State = TrialState.Running, Intermediate = [.. values.Select((value, i) => new IntermediateValue { Step = i + 1, Value = value })] };

    private static Trial Completed(int number, params double[] values) => Running(number, values) with { State = TrialState.Completed, Values = [values[^1]] };
}

namespace MLNet.Dispersion.Studies.Tests.Pruning;

public sealed class AshaPrunerTests
{
    private static readonly StudyObjective Loss = new() { Name = "loss", Maximize = false };

    [Fact]
    public void ShouldPrune_OneTrialAfterAnother_KeepsTheBestAndAboutAThird()
    {
        var pruner = new AshaPruner();
        var random = new Random(1);
        var history = new List<Trial>();
        double best = double.PositiveInfinity;
        int kept = 0;
        for (int number = 0; number < 900; number++)
        {
            double value = random.NextDouble();
            var trial = new Trial { Number = number, State = TrialState.Running, Intermediate = [new() { Step = 1, Value = value }] };
            history.Add(trial);
            bool prune = pruner.ShouldPrune(Loss, trial, history);
            Assert.False(prune && value < best, "The best so far was pruned.");
            best = Math.Min(best, value);
            kept += prune ? 0 : 1;
        }

        Assert.InRange(kept, 260, 350);
    }

    [Fact]
    public void ShouldPrune_BetweenRungs_IsFalse()
    {
        var pruner = new AshaPruner(minimumSteps: 2, reductionFactor: 3);
        Trial[] others = [.. Enumerable.Range(1, 5).Select(number => new Trial { Number = number, State = TrialState.Completed, Intermediate = [.. Enumerable.Range(1, 10).Select(step => new IntermediateValue { Step = step, Value = 0 })] })];

        int[] pruned = [.. Enumerable.Range(1, 10).Where(step =>
        {
            var trial = new Trial { Number = 0, State = TrialState.Running, Intermediate = [.. Enumerable.Range(1, step).Select(i => new IntermediateValue { Step = i, Value = 1 })] };
            return pruner.ShouldPrune(Loss, trial, [trial, .. others]);
        })];

        Assert.Equal([2, 6], pruned);
    }

    [Fact]
    public void ShouldPrune_MaximisedAndNaN_GoTheRightWay()
    {
        var pruner = new AshaPruner();
        var accuracy = new StudyObjective { Name = "accuracy", Maximize = true };
        Trial[] others = [.. Enumerable.Range(1, 3).Select(number => new Trial { Number = number, State = TrialState.Completed, Intermediate = [new() { Step = 1, Value = 0.5 }] })];

        Assert.False(Prune(0.9));
        Assert.False(Prune(0.5));
        Assert.True(Prune(0.4));
        Assert.True(Prune(double.NaN));
        Assert.False(pruner.ShouldPrune(accuracy, new Trial { Number = 0, State = TrialState.Running }, others));

        bool Prune(double value)
        {
            var trial = new Trial { Number = 0, State = TrialState.Running, Intermediate = [new() { Step = 1, Value = value }] };
            return pruner.ShouldPrune(accuracy, trial, [trial, .. others]);
        }
    }

    [Fact]
    public void Create_BadFigures_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new AshaPruner(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AshaPruner(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AshaPruner(skippedRungs: -1));
        Assert.Contains("first rung", Assert.Throws<ArgumentException>(() => new AshaPruner(minimumSteps: null, bootstrapTrials: 2)).Message, StringComparison.Ordinal);
    }
}

using MLNet.Dispersion.Benchmarks.SamplerRegret;

namespace MLNet.Dispersion.Studies.Tests.Sampling;

/// <summary>The benchmark SamplerRegret in small.</summary>
public sealed class RegretTests
{
    public static TheoryData<string> Names => [.. Objective.All.Select(objective => objective.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Tpe_TheBenchmarksObjective_NeedsFewerTrialsThanRandomSearch(string name)
    {
        const int Trials = 60;
        Objective objective = Objective.All.Single(one => one.Name == name);
        double[][] random = [.. Enumerable.Range(501, 9).Select(seed => Race.Regrets(objective, new RandomSampler(), Trials, seed))];
        double[][] tpe = [.. Enumerable.Range(501, 9).Select(seed => Race.Regrets(objective, new TpeSampler(), Trials, seed))];

        double mark = Race.Median(random.Select(run => run[^1]));
        double needed = Race.Median(tpe.Select(run => Race.TrialsTo(mark, run)));

        Assert.True(needed <= 0.75 * Trials, $"TPE needs {needed} trials to the regret {mark}, which random search has after {Trials}.");
    }

    [Theory]
    [InlineData("Branin", 3.14159265358979, 2.275)]
    [InlineData("Branin", -3.14159265358979, 12.275)]
    public void Branin_ItsMinima_HaveNoRegret(string name, double x, double y)
    {
        Objective objective = Objective.All.Single(one => one.Name == name);

        Assert.Equal(objective.Least, objective.Value(Support.Studies.Point(x, y)), 1e-9);
    }

    [Fact]
    public void Hartmann_ItsMinimum_HasNoRegret()
    {
        Objective objective = Objective.All[1];
        double[] minimum = [0.20168952, 0.15001069, 0.47687398, 0.27533243, 0.31165162, 0.65730053];

        Assert.Equal(objective.Least, objective.Value(new(minimum.Select((x, k) => KeyValuePair.Create($"x{k}", (object)x)))), 1e-6);
    }
}

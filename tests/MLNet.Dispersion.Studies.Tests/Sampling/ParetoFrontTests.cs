namespace MLNet.Dispersion.Studies.Tests.Sampling;

public sealed class ParetoFrontTests
{
    private static readonly StudyObjective[] Two = [new() { Name = "accuracy", Maximize = true }, new() { Name = "condensation", Maximize = false }];

    [Fact]
    public void Of_RandomTrials_EqualsTheDefinition()
    {
        var random = new Random(3);
        Trial[] trials = [.. Enumerable.Range(0, 60).Select(number => Support.Studies.Completed(number, Support.Studies.Point(0, 0), Math.Round(random.NextDouble(), 1), Math.Round(random.NextDouble(), 1)))];

        int[] front = [.. ParetoFront.Of(trials, Two).Select(trial => trial.Number).Order()];

        int[] expected = [.. trials.Where(one => !trials.Any(other =>
            other.Values[0] >= one.Values[0] && other.Values[1] <= one.Values[1] && (other.Values[0] > one.Values[0] || other.Values[1] < one.Values[1]))).Select(trial => trial.Number)];
        Assert.Equal(expected, front);
    }

    [Fact]
    public void Of_TrialsWithNaN_EndsAndPutsThemLast()
    {
        // Taken as neither better nor worse, these would each beat the next one around a circle.
        StudyObjective[] three = [new() { Name = "a", Maximize = false }, new() { Name = "b", Maximize = false }, new() { Name = "c", Maximize = false }];
        Trial[] circle = [Point(0, 1, double.NaN, 2), Point(1, 2, 1, double.NaN), Point(2, double.NaN, 2, 1), Point(3, 1, 1, 1)];

        Assert.Equal([3], ParetoFront.Of(circle, three).Select(trial => trial.Number));
        Assert.Equal([3, 0, 1, 2], TrialRanking.BestFirst(circle, three).Select(trial => trial.Number));

        static Trial Point(int number, params double[] values) => Support.Studies.Completed(number, Support.Studies.Point(0, 0), values);
    }

    [Fact]
    public void BestFirst_TwoObjectives_GoesFrontByFront()
    {
        Trial[] trials = [Point(0, 0.5, 0.5), Point(1, 0.9, 0.9), Point(2, 0.4, 0.6), Point(3, 0.1, 0.1), Point(4, 0.55, 0.5)];

        Assert.Equal([1, 3, 4, 0, 2], TrialRanking.BestFirst(trials, Two).Select(trial => trial.Number));
        Assert.Empty(ParetoFront.Of([], Two));

        static Trial Point(int number, double accuracy, double condensation) => Support.Studies.Completed(number, Support.Studies.Point(0, 0), accuracy, condensation);
    }
}

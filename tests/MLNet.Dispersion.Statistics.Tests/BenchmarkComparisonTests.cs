using MLNet.Dispersion.Benchmarks.All;

namespace MLNet.Dispersion.Tests.Statistics;

/// <summary>How tests/Benchmarks/All tells what fell from noise.</summary>
public sealed class BenchmarkComparisonTests
{
    private static readonly Benchmark Made = new("Made", [], ["speed"], ["time"]);

    [Theory]
    [InlineData("Made: speed", 9.9, true)]
    [InlineData("Made: speed", 10.5, false)]
    [InlineData("Made: speed", 20, false)]
    [InlineData("Made: -time", 12.1, true)]
    [InlineData("Made: -time", 11.5, false)]
    [InlineData("Made: -time", 1, false)]
    public void HasFallen_WhereEachRunIsWorseThanEachBefore(string figure, double best, bool fallen)
    {
        double worse = figure.Contains('-', StringComparison.Ordinal) ? best + 1 : best - 1;

        Assert.Equal(fallen, Comparison.HasFallen(figure, [10, 11, 12], [worse, best, worse]));
        Assert.False(Comparison.HasFallen(figure, [], [best]));
    }

    [Fact]
    public void FalseAlarms_AreTheOrdersInWhichOneSetComesFirst()
    {
        Assert.Equal(1 / 20.0, Comparison.FalseAlarms(3, 3), 1e-12);
        Assert.Equal(1 / 252.0, Comparison.FalseAlarms(5, 5), 1e-12);
        Assert.Equal(1 / 10.0, Comparison.FalseAlarms(3, 2), 1e-12);
    }

    [Fact]
    public void Figures_AreNamedByTheirSettings()
    {
        string[] lines = ["not JSON", """{"model": "a", "clients": 8, "speed": 4.5, "time": 2, "other": 7, "load": "0.3", "none": null}""", """{"model": "a", "clients": 16, "speed": 5}"""];

        Assert.Equal([("Made model=a clients=8: speed", 4.5), ("Made model=a clients=8: -time", 2.0), ("Made model=a clients=16: speed", 5.0)], Figures.Of(Made, lines));
    }

    [Fact]
    public void Recorded_KeepsOtherMachinesAndFiguresThatWereNotMeasured()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            RecordedFigures.Read(path).With("here", new DateOnly(2026, 1, 2), new Dictionary<string, List<double>> { ["a"] = [1, 2], ["b"] = [3] })
                .With("there", new DateOnly(2026, 1, 3), new Dictionary<string, List<double>> { ["a"] = [9] })
                .With("here", new DateOnly(2026, 1, 4), new Dictionary<string, List<double>> { ["a"] = [5, 6] }).Write(path);
            RecordedFigures read = RecordedFigures.Read(path);

            Assert.Equal([5, 6], read.Of("here")!["a"]);
            Assert.Equal([3], read.Of("here")!["b"]);
            Assert.Equal([9], read.Of("there")!["a"]);
            Assert.Equal("2026-01-04", read.Machines["here"].Date);
            Assert.Null(read.Of("elsewhere"));
        }
        finally
        {
            File.Delete(path);
        }
    }
}

namespace MLNet.Dispersion.Tests.Hub;

public sealed class ProgressMeterTests
{
    [Fact]
    public void Report_Rate_IsThatOfTheLastSecondsWithoutWhatWasThere()
    {
        var (clock, reports) = (new Clock(), new Reports());
        var meter = new ProgressMeter(reports, clock);
        meter.Expect(1000);
        meter.Expect(9000);
        meter.Begin("a", 1000, there: 400);
        Assert.Equal((400, 10_000, 0d, null), (reports.Last.Bytes, reports.Last.TotalBytes, reports.Last.BytesPerSecond, reports.Last.Remaining));
        clock.Pass(2);
        meter.Add(600);
        meter.End();
        Assert.Equal((1000, 300d, TimeSpan.FromSeconds(30)), (reports.Last.FileBytes, reports.Last.BytesPerSecond, reports.Last.Remaining));
        meter.Begin("b", 9000, there: 0);
        for (int second = 0; second < 20; second++)
        {
            clock.Pass(1);
            meter.Add(100);
        }

        Assert.Equal(100, reports.Last.BytesPerSecond, 3);
        Assert.Equal(3000, reports.Last.Bytes);
        meter.Restart();
        meter.Begin("b", 9000, there: 0);
        Assert.Equal((0, 1000), (reports.Last.FileBytes, reports.Last.Bytes));
    }

    [Fact]
    public void Report_ComesAFewTimesASecond()
    {
        var (clock, reports) = (new Clock(), new Reports());
        var meter = new ProgressMeter(reports, clock);
        meter.Begin("a", 1000, 0);
        for (int i = 0; i < 1000; i++)
        {
            clock.Pass(0.001);
            meter.Add(1);
        }

        Assert.InRange(reports.Count, 5, 7);
    }

    private sealed class Clock : TimeProvider
    {
        private long _ticks;

        public override long GetTimestamp() => _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(double seconds) => _ticks += (long)(seconds * TimeSpan.TicksPerSecond);
    }

    private sealed class Reports : IProgress<HubProgress>
    {
        public int Count { get; private set; }

        public HubProgress Last { get; private set; } = null!;

        public void Report(HubProgress value)
        {
            Last = value;
            Count++;
        }
    }
}

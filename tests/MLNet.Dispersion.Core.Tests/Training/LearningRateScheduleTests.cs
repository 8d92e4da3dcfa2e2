namespace MLNet.Dispersion.Tests.Training;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void At_WarmupSteps_RisesLinearlyFromZero()
    {
        var schedule = new LearningRateSchedule(1e-3, 30, 0.2);

        Assert.Equal(6, schedule.WarmupSteps);
        Assert.Equal(0, schedule.At(0));
        Assert.Equal(0.5e-3, schedule.At(3), 12);
        Assert.Equal(1e-3, schedule.At(6), 12);
    }

    [Fact]
    public void At_AfterWarmup_FollowsHalfACosineToZero()
    {
        var schedule = new LearningRateSchedule(2.0, 110, 0.0909);

        Assert.Equal(10, schedule.WarmupSteps);
        Assert.Equal(1.0, schedule.At(60), 12);
        Assert.Equal(1.0 + Math.Cos(Math.PI * 0.25), schedule.At(35), 12);
        Assert.Equal(0, schedule.At(110));
        Assert.Equal(0, schedule.At(5000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void At_WarmupOfNothingOrAll_StaysWithinTheBounds(double ratio)
    {
        var schedule = new LearningRateSchedule(1, 7, ratio);

        Assert.All(Enumerable.Range(0, 9), step => Assert.InRange(schedule.At(step), 0, 1));
        Assert.Equal(ratio == 0 ? 1 : 0, schedule.At(0));
    }

    [Theory]
    [InlineData(0, 10, 0.1)]
    [InlineData(1e-3, 0, 0.1)]
    [InlineData(1e-3, 10, -0.1)]
    [InlineData(1e-3, 10, 1.1)]
    public void Constructor_ValueOutOfRange_Throws(double peak, int steps, double ratio) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LearningRateSchedule(peak, steps, ratio));

    [Theory]
    [InlineData(ScheduleKind.Linear)]
    [InlineData(ScheduleKind.CosineWithRestarts)]
    [InlineData(ScheduleKind.Polynomial)]
    [InlineData(ScheduleKind.Constant)]
    [InlineData(ScheduleKind.InverseSqrt)]
    [InlineData(ScheduleKind.WarmupStableDecay)]
    [InlineData(ScheduleKind.CosineWarmupWithFloor)]
    public void At_AnyKindAndWarmup_StaysWithinTheBounds(ScheduleKind kind)
    {
        foreach (double ratio in new[] { 0, 0.3, 1 })
        {
            var schedule = new LearningRateSchedule(2, 11, ratio, new ScheduleOptions { Kind = kind });

            Assert.All(Enumerable.Range(0, 15), step => Assert.InRange(schedule.At(step), 0, 2));
            Assert.Equal(schedule.At(11), schedule.At(500));
        }
    }

    [Fact]
    public void Options_NumberOfAnotherKind_IsRefusedByName()
    {
        Assert.Contains("Power is 2; it must be 1 where Kind is Linear", Error(new() { Kind = ScheduleKind.Linear, Power = 2 }), StringComparison.Ordinal);
        Assert.Contains("FloorRatio is 0.1", Error(new() { Kind = ScheduleKind.Constant, FloorRatio = 0.1 }), StringComparison.Ordinal);
        Assert.Contains("Timescale is 5", Error(new() { Timescale = 5 }), StringComparison.Ordinal);

        static string Error(ScheduleOptions options) => Assert.ThrowsAny<ArgumentException>(() => new FineTuneOptions { Schedule = options }.Validate()).Message;
    }
}

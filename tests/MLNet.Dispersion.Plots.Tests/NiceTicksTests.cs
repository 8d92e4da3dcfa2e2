namespace MLNet.Dispersion.Plots.Tests;

public sealed class NiceTicksTests
{
    [Theory]
    [InlineData(0, 1, 5, new[] { "0.0", "0.2", "0.4", "0.6", "0.8", "1.0" })]
    [InlineData(-1, 1, 4, new[] { "−1.0", "−0.5", "0.0", "0.5", "1.0" })]
    [InlineData(0, 10, 5, new[] { "0", "2", "4", "6", "8", "10" })]
    [InlineData(0, 1500, 6, new[] { "0", "500", "1,000", "1,500" })]
    [InlineData(-0.03, 0.96, 5, new[] { "−0.2", "0.0", "0.2", "0.4", "0.6", "0.8", "1.0" })]
    [InlineData(3, 3, 5, new[] { "2.6", "2.8", "3.0", "3.2", "3.4" })]
    public void Covering_Values_AreRound(double min, double max, int intervals, string[] labels) => Assert.Equal(labels, NiceTicks.Covering(min, max, intervals).Labels);

    [Theory]
    [InlineData(0, 1e-7)]
    [InlineData(-5e8, 3e9)]
    [InlineData(0.123, 0.1234)]
    [InlineData(0, 0)]
    [InlineData(-2, -2)]
    public void Covering_AnyValues_Encloses(double min, double max)
    {
        NiceTicks ticks = NiceTicks.Covering(min, max);

        Assert.True(ticks.Min <= min + 1e-12 && ticks.Max >= max - 1e-12 && ticks.Min < ticks.Max);
        Assert.InRange(ticks.Positions.Length, 3, 9);
        Assert.Equal(ticks.Labels.Length, ticks.Labels.Distinct().Count());
    }

    [Fact]
    public void Decades_Logarithms_AreLabelledAsPowers() => Assert.Equal(["10⁻⁴", "10⁻³", "0.01", "0.1", "1"], NiceTicks.Decades(-3.4, 0).Labels);

    [Theory]
    [InlineData(28, new[] { "0", "10", "20", "28" })]
    [InlineData(12, new[] { "0", "5", "12" })]
    [InlineData(5, new[] { "0", "1", "2", "3", "4", "5" })]
    [InlineData(1, new[] { "0", "1" })]
    [InlineData(0, new[] { "0" })]
    public void LayerBar_AnyDepth_EndsAtTheLastLayer(int last, string[] labels) =>
        Assert.Equal(labels, DynamicsPlot.LayerBar(last + 1).Ticks.Labels);
}

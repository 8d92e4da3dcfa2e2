namespace MLNet.Dispersion.Tests.Training;

public sealed class LearningRateDefaultTests
{
    [Theory]
    [InlineData(124_000_000, 5e-5)]
    [InlineData(62_000_000, 1e-4)]
    [InlineData(12_000_000, 5e-4)]
    [InlineData(10, 5e-4)]
    [InlineData(600_000_000, 1.0333333e-5)]
    [InlineData(8_000_000_000, 1e-5)]
    public void For_ParameterCount_IsInverseToItWithinBounds(long parameters, double expected) =>
        Assert.Equal(expected, LearningRateDefault.For(parameters), 1e-10);
}

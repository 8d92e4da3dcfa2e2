namespace MLNet.Dispersion.Tests.Torch;

/// <summary>All bits that were ever drawn from a seed rest on these numbers.</summary>
public sealed class SeedMixerTests
{
    [Theory]
    [InlineData(0, 0, 1751039993)]
    [InlineData(1, 2, 273961097)]
    [InlineData(-3, 7, 1944151515)]
    [InlineData(2147483647, -5, 426090347)]
    public void Mix_IsWhatItWas(int seed, int stream, int expected) => Assert.Equal(expected, SeedMixer.Mix(seed, stream));

    [Theory]
    [InlineData(0, 0, 8147104208329303767UL)]
    [InlineData(3, 4, 7423558437667258104UL)]
    [InlineData(-1, 22, 7449318381861927194UL)]
    public void Derive_IsWhatItWas(int seed, int stream, ulong expected) => Assert.Equal(expected, SeedMixer.Derive(seed, stream));

    [Fact]
    public void Streams_HaveNumbersOfTheirOwn()
    {
        int[] streams = [.. typeof(SeedStream).GetFields(System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (int)field.GetRawConstantValue()!)];

        Assert.Equal(streams.Distinct(), streams);
        Assert.All(streams, stream => Assert.InRange(stream, 0, 255));
    }
}

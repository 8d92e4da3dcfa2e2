namespace MLNet.Dispersion.Tests.Lexical;

public sealed class JoinedNumbersTests
{
    private static readonly float[] Labels = [.. Enumerable.Range(0, 200).Select(i => 3 + (float)Math.Sin(i))];

    [Fact]
    public void Fit_TheTruthInHalves_CountsBoth()
    {
        var random = new Random(1);
        float[] lexical = [.. Labels.Select(_ => (float)(random.NextDouble() - 0.5))];
        float[] network = [.. Labels.Zip(lexical, (label, z) => 3 + ((label - 3 - (2 * z)) / 0.5f))];

        JoiningWeights weights = JoinedNumbers.Fit(network, lexical, Labels, mean: 3);

        Assert.Equal(0.5, weights.Network, 0.02);
        Assert.Equal(2, weights.Lexical, 0.15);
        JoinedNumbers.Join(network, lexical, 3, new JoiningWeights(0.5, 2));
        Assert.All(network.Zip(Labels), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
    }

    [Fact]
    public void Fit_NgramsThatSayTheOpposite_CountNothing()
    {
        float[] lexical = [.. Labels.Select(label => 3 - label)];

        JoiningWeights weights = JoinedNumbers.Fit([.. Labels.Select((label, i) => label + (float)Math.Cos(7 * i))], lexical, Labels, mean: 3);

        Assert.Equal(0, weights.Lexical);
        Assert.InRange(weights.Network, 0.2, 0.8);
    }

    [Fact]
    public void Fit_ANetworkThatSaysNothing_LeavesTheNgrams()
    {
        JoiningWeights weights = JoinedNumbers.Fit([.. Labels.Select(label => 3 - (label - 3))], [.. Labels.Select(label => label - 3)], Labels, mean: 3);

        Assert.InRange(weights.Network, 0, 0.02);
        Assert.Equal(1, weights.Lexical, 0.02);
    }
}

namespace MLNet.Dispersion.Tests.Lexical;

public sealed class JoinedProbabilitiesTests
{
    [Fact]
    public void Join_NetworkAlone_LeavesProbabilitiesAsTheyAre()
    {
        float[] scores = [0.2f, 0.8f, 0.5f, 0.5f];

        JoinedProbabilities.Join(scores, [0.9f, 0.1f, 0.3f, 0.7f], 2, JoiningWeights.NetworkAlone);

        Assert.Equal([0.2f, 0.8f, 0.5f, 0.5f], scores, (one, other) => Math.Abs(one - other) < 1e-6);
    }

    [Fact]
    public void Join_BothWeights_IsTheNormalisedProductOfPowers()
    {
        float[] scores = [0.2f, 0.3f, 0.5f];
        float[] lexical = [0.6f, 0.3f, 0.1f];
        double[] products = [.. scores.Zip(lexical, (p, q) => Math.Pow(p, 0.7) * Math.Pow(q, 1.3))];

        JoinedProbabilities.Join(scores, lexical, 3, new JoiningWeights(0.7, 1.3));

        Assert.Equal(products.Select(product => product / products.Sum()), scores.Select(score => (double)score), (one, other) => Math.Abs(one - other) < 1e-6);
    }

    [Fact]
    public void Join_ProbabilitiesOfZero_StayFinite()
    {
        float[] scores = [0, 1];

        JoinedProbabilities.Join(scores, [1, 0], 2, new JoiningWeights(1, 1));

        Assert.Equal([0.5f, 0.5f], scores);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Fit_RandomProbabilities_IsWhereNoNeighbourIsBetter(int seed)
    {
        var random = new Random(seed);
        int[] labels = [.. Enumerable.Range(0, 60).Select(_ => random.Next(3))];
        float[] network = Probabilities(random, labels, 1), lexical = Probabilities(random, labels, 2);

        JoiningWeights found = JoinedProbabilities.Fit(network, lexical, labels, 3);

        double best = Loss(found);
        foreach (double a in new[] { -0.05, 0, 0.05 })
        {
            foreach (double b in new[] { -0.05, 0, 0.05 })
            {
                Assert.True(Loss(new JoiningWeights(Math.Max(0, found.Network + a), Math.Max(0, found.Lexical + b))) >= best - 1e-6);
            }
        }

        double Loss(JoiningWeights weights)
        {
            float[] joined = [.. network];
            JoinedProbabilities.Join(joined, lexical, 3, weights);
            return (Math.Pow(weights.Network - 1, 2) + Math.Pow(weights.Lexical, 2)) / 2 - labels.Select((label, row) => Math.Log(joined[(3 * row) + label])).Sum();
        }
    }

    [Fact]
    public void Fit_NgramsThatAreNoise_GivesThemNoSay()
    {
        var random = new Random(5);
        int[] labels = [.. Enumerable.Range(0, 400).Select(_ => random.Next(3))];
        float[] network = Probabilities(random, labels, 3);
        float[] wrong = Probabilities(random, [.. labels.Select(label => (label + 1) % 3)], 1);

        Assert.Equal(0, JoinedProbabilities.Fit(network, wrong, labels, 3).Lexical);
    }

    /// <summary>Probabilities that lean to the right class, the more the greater the strength.</summary>
    private static float[] Probabilities(Random random, int[] labels, double strength) => [.. labels.SelectMany(label =>
    {
        double[] powers = [.. Enumerable.Range(0, 3).Select(i => Math.Exp((2 * random.NextDouble()) + (i == label ? strength * random.NextDouble() : 0)))];
        return powers.Select(power => (float)(power / powers.Sum()));
    })];
}

namespace MLNet.Dispersion.Tests.Inference;

public sealed class TokenDistributionTests
{
    public static TheoryData<double, int?, double?> Settings() => new()
    {
        { 1, null, null }, { 0.3, null, null }, { 4, null, null },
        { 1, 1, null }, { 1, 7, null }, { 0.7, 40, null }, { 1, 1000, null },
        { 1, null, 0.01 }, { 1, null, 0.5 }, { 2, null, 0.95 }, { 1, null, 1.0 }, { 0.5, null, 0.999 },
        { 1.5, 20, 0.8 }, { 0.8, 3, 0.9 }, { 1, 5, 0.0001 },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Set_AnySetting_EqualsTheDefinitions(double temperature, int? topK, double? topP)
    {
        var random = new Random(11);
        var distribution = new TokenDistribution(temperature, topK, topP);

        // One object for several positions, as in generation; the last with many ties.
        foreach (int round in Enumerable.Range(0, 4))
        {
            float[] logits = [.. Enumerable.Range(0, 300).Select(_ => round == 3 ? random.Next(4) : (float)(8 * random.NextDouble()))];
            distribution.Set(logits);
            double[] expected = NaiveGeneration.Probabilities([.. logits.Select(logit => (double)logit)], temperature, topK, topP);
            Assert.Equal(expected.Count(p => p > 0), distribution.Count);
            for (int i = 0; i < distribution.Count; i++)
            {
                (int id, double probability) = distribution[i];
                Assert.Equal(expected[id], probability, 1e-12);
                expected[id] = 0;
            }

            Assert.All(expected, left => Assert.Equal(0, left));
        }
    }

    [Theory]
    [InlineData(1.0, null, null)]
    [InlineData(0.7, 12, null)]
    [InlineData(1.3, 30, 0.9)]
    public void Draw_ManyTimes_FollowsTheProbabilities(double temperature, int? topK, double? topP)
    {
        const int Draws = 40_000;
        var random = new Random(5);
        float[] logits = [.. Enumerable.Range(0, 40).Select(_ => (float)(3 * random.NextDouble()))];
        double[] expected = NaiveGeneration.Probabilities([.. logits.Select(logit => (double)logit)], temperature, topK, topP);
        var distribution = new TokenDistribution(temperature, topK, topP);
        distribution.Set(logits);
        var counts = new int[logits.Length];
        for (int i = 0; i < Draws; i++)
        {
            counts[distribution.Draw(random)]++;
        }

        int[] possible = [.. Enumerable.Range(0, 40).Where(id => expected[id] > 0)];
        Assert.Equal(Draws, possible.Sum(id => counts[id]));
        double chiSquare = possible.Sum(id => Math.Pow(counts[id] - (Draws * expected[id]), 2) / (Draws * expected[id]));

        // Wilson and Hilferty: a chi-square of f degrees of freedom is above this once in ten thousand times.
        double f = possible.Length - 1;
        double limit = f * Math.Pow(1 - (2 / (9 * f)) + (3.719 * Math.Sqrt(2 / (9 * f))), 3);
        Assert.InRange(chiSquare, 0, limit);
    }

    [Fact]
    public void Likeliest_SeveralEqual_IsTheFirst() =>
        Assert.Equal(2, TokenDistribution.Likeliest([0, float.NegativeInfinity, 3, 1, 3]));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Likeliest_NotANumber_Throws(float bad)
    {
        float[][] places = [[bad, 1, 2], [1, bad, 2], [1, 2, bad]];
        Assert.All(places, logits => Assert.Throws<InvalidOperationException>(() => TokenDistribution.Likeliest(logits)));
        Assert.All(places, logits => Assert.Throws<InvalidOperationException>(() => new TokenDistribution(1, 2, 0.9).Set(logits)));
    }

    [Fact]
    public void Next_RepetitionPenalty_MakesSeenTokensRarer()
    {
        float[] logits = [2, 1.5f, -1, -1.2f];
        var sampler = new TokenSampler(GenerationPlan.Of(new TextGenerationOptions { RepetitionPenalty = 2 }, null));
        var random = new Random(1);
        Assert.Equal(0, sampler.Next(logits, new HashSet<int>(), random));
        Assert.Equal(1, sampler.Next(logits, new HashSet<int> { 0 }, random));
        Assert.Equal(0, sampler.Next(logits, new HashSet<int> { 0, 1 }, random));
        Assert.Equal(1, new TokenSampler(GenerationPlan.Of(new TextGenerationOptions { RepetitionPenalty = 2 }, null)).Next([-2, -3], new HashSet<int> { 0 }, random));
    }
}

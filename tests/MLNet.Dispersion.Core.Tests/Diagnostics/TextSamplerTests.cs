namespace MLNet.Dispersion.Tests.Diagnostics;

public class TextSamplerTests
{
    [Fact]
    public void Sample_WithoutSeed_ReadsNoMoreThanNeeded()
    {
        var tokenizer = new KnownTextsTokenizer();
        var sampler = new TextSampler(tokenizer, new() { MaxTexts = 3 }, 512);
        SampledText[] sample = [.. sampler.Sample(Endless())];
        Assert.Equal([1, 3, 5], sample.Select(text => (int)text.Index));
        Assert.Equal((6, 3), (tokenizer.Encoded, sampler.ShortTexts));
    }

    [Fact]
    public void Sample_WithSeed_IsReproducibleAndInOrder()
    {
        long[] first = Draw(200, 10, seed: 5);
        Assert.Equal(10, first.Distinct().Count());
        Assert.Equal(first.Order(), first);
        Assert.Equal(first, Draw(200, 10, seed: 5));
        Assert.NotEqual(first, Draw(200, 10, seed: 6));
        Assert.True(first[^1] >= 20, "a sample of all texts reaches beyond the first ones");
    }

    [Fact]
    public void Sample_WithSeed_TakesEveryTextEquallyOften()
    {
        var taken = new int[8];
        for (int seed = 0; seed < 4000; seed++)
        {
            foreach (long index in Draw(8, 3, seed))
            {
                taken[index]++;
            }
        }

        // Each is expected 1,500 times, with a standard deviation of 31.
        Assert.All(taken, count => Assert.InRange(count, 1350, 1650));
    }

    [Fact]
    public void Sample_FewerTextsThanAskedFor_TakesAll() => Assert.Equal([0, 1, 2, 3], Draw(4, 10, seed: 1));

    [Fact]
    public void Sample_WithSeed_DrawsFromLongTextsAlone()
    {
        var sampler = new TextSampler(new KnownTextsTokenizer(), new() { MaxTexts = 5, SampleSeed = 3, MinTokens = 2 }, 512);
        SampledText[] sample = [.. sampler.Sample(Endless().Take(100))];
        Assert.Equal(5, sample.Length);
        Assert.All(sample, text => Assert.Equal(1, text.Index % 2));
        Assert.Equal(50, sampler.ShortTexts);
    }

    [Fact]
    public void Measure_WithSeed_IsReproducible()
    {
        string[] texts = [.. Enumerable.Range(0, 60).Select(i => $"{i % 20} {(i * 7) % 20} {(i * i) % 20}")];
        double[] Means(int? seed) => [.. Reports.Measure(texts, new() { MaxTexts = 6, SampleSeed = seed }).Layers.Select(layer => layer.Measures[GeometryMeasure.MeanCosine])];
        Assert.Equal(Means(1), Means(1));
        Assert.NotEqual(Means(1), Means(2));
        Assert.NotEqual(Means(1), Means(null));
    }

    /// <summary>Every other text has one token.</summary>
    private static IEnumerable<string> Endless()
    {
        for (int i = 0; ; i++)
        {
            yield return i % 2 == 0 ? "1" : "1 2";
        }
    }

    private static long[] Draw(int texts, int size, int seed) =>
        [.. new TextSampler(new KnownTextsTokenizer(), new() { MaxTexts = size, SampleSeed = seed }, 512).Sample(Enumerable.Repeat("1 2", texts)).Select(text => text.Index)];
}

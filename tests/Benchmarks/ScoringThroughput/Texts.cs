namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>Generated texts, all different.</summary>
internal static class Texts
{
    private const int Shortest = 2;
    private const int Longest = 180;

    private static readonly string[] Words =
    [
        "the", "river", "ran", "between", "hills", "and", "nobody", "remembered", "who", "had", "built", "its", "old", "stone", "bridge", "before", "winter",
    ];

    /// <summary>Texts of mixed lengths, most of them short: from 2 to 180 words, a third of them below 20.</summary>
    public static string[] Of(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            double u = random.NextDouble();
            return OfWords(Shortest + (int)((Longest - Shortest) * u * u), random);
        })];
    }

    /// <summary>A text of at least so many words.</summary>
    public static string OfWords(int words, Random random) =>
        string.Join(' ', Enumerable.Range(0, words).Select(_ => Words[random.Next(Words.Length)]));
}

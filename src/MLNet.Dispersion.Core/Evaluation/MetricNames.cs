namespace MLNet.Dispersion;

/// <summary>The names of metrics in files and tables.</summary>
internal static class MetricNames
{
    private static readonly (BenchmarkMetric Metric, string Name)[] All =
    [
        (BenchmarkMetric.Accuracy, "acc"),
        (BenchmarkMetric.NormalizedAccuracy, "acc_norm"),
        (BenchmarkMetric.ByteNormalizedAccuracy, "acc_norm_bytes"),
        (BenchmarkMetric.TrueShare, "mc2"),
        (BenchmarkMetric.GreedyAccuracy, "acc_greedy"),
        (BenchmarkMetric.Perplexity, "perplexity"),
        (BenchmarkMetric.WordPerplexity, "word_perplexity"),
        (BenchmarkMetric.TokenPerplexity, "token_perplexity"),
        (BenchmarkMetric.BitsPerByte, "bits_per_byte"),
    ];

    /// <summary>The name.</summary>
    public static string MachineName(this BenchmarkMetric metric) => All.First(entry => entry.Metric == metric).Name;

    /// <summary>The metric of a name; null when there is none.</summary>
    public static BenchmarkMetric? Find(string? name) => All.Where(entry => entry.Name == name).Select(entry => (BenchmarkMetric?)entry.Metric).FirstOrDefault();

    /// <summary>All names, for messages.</summary>
    public static string List => string.Join(", ", All.Select(entry => entry.Name));

    /// <summary>Whether it is a share, 0..1, of which higher is better.</summary>
    public static bool IsShare(this BenchmarkMetric metric) => metric <= BenchmarkMetric.GreedyAccuracy;

    /// <summary>Whether it is about running text, not about items.</summary>
    public static bool IsOfText(this BenchmarkMetric metric) => metric >= BenchmarkMetric.WordPerplexity;
}

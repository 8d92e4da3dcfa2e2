using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.Dispersion;

/// <summary>What a benchmark scores. The name in brackets is the one in task files, tables and JSON.</summary>
[JsonConverter(typeof(MetricConverter))]
public enum BenchmarkMetric
{
    /// <summary>(<c>acc</c>) Share of items whose true choice has the highest log-likelihood, 0..1. <see cref="TieRule"/> says what ties count.</summary>
    Accuracy,

    /// <summary>(<c>acc_norm</c>) Share of items whose true choice has the highest log-likelihood, 0..1, each log-likelihood divided by the characters (Unicode code points) of the choice.</summary>
    NormalizedAccuracy,

    /// <summary>(<c>acc_norm_bytes</c>) Share of items whose true choice has the highest log-likelihood, 0..1, each log-likelihood divided by the UTF-8 bytes of the choice.</summary>
    ByteNormalizedAccuracy,

    /// <summary>(<c>mc2</c>) Mean share of the likelihood that falls on the true choices, of that of all choices, 0..1.</summary>
    TrueShare,

    /// <summary>(<c>acc_greedy</c>) Share of items whose true choice is what greedy decoding writes, token for token, 0..1.</summary>
    GreedyAccuracy,

    /// <summary>(<c>perplexity</c>) exp(-mean log-likelihood of an item's true choice); at least 1, lower is better.</summary>
    Perplexity,

    /// <summary>(<c>word_perplexity</c>) exp(-log-likelihood / words) over running text; at least 1, lower is better.</summary>
    WordPerplexity,

    /// <summary>(<c>token_perplexity</c>) exp(-log-likelihood / tokens); comparable between models of one tokenizer only.</summary>
    TokenPerplexity,

    /// <summary>(<c>bits_per_byte</c>) -log2-likelihood / UTF-8 bytes; lower is better.</summary>
    BitsPerByte,
}

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

    /// <summary>The name that the lm-evaluation-harness gives it: what it calls <c>acc</c> is mc2 in TruthfulQA and the share of greedy hits in LAMBADA.</summary>
    public static string HarnessName(this BenchmarkMetric metric) =>
        metric is BenchmarkMetric.TrueShare or BenchmarkMetric.GreedyAccuracy ? BenchmarkMetric.Accuracy.MachineName() : metric.MachineName();

    /// <summary>Gets all names, for messages.</summary>
    public static string List => string.Join(", ", All.Select(entry => entry.Name));

    /// <summary>Whether it is a share, 0..1, of which higher is better.</summary>
    public static bool IsShare(this BenchmarkMetric metric) => metric <= BenchmarkMetric.GreedyAccuracy;

    /// <summary>Whether it is about running text, not about items.</summary>
    public static bool IsOfText(this BenchmarkMetric metric) => metric >= BenchmarkMetric.WordPerplexity;
}

/// <summary>Writes a metric by its machine name.</summary>
internal sealed class MetricConverter : JsonConverter<BenchmarkMetric>
{
    /// <inheritdoc/>
    public override BenchmarkMetric Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? name = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return MetricNames.Find(name) ?? throw new JsonException($"'{name}' is no metric; choose one of {MetricNames.List}.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, BenchmarkMetric value, JsonSerializerOptions options) => writer.WriteStringValue(value.MachineName());
}

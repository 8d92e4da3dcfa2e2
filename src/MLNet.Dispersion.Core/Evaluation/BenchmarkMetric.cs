using System.Text.Json.Serialization;

namespace MLNet.Dispersion;

/// <summary>What a benchmark scores. The name in brackets is the one in task files, tables and JSON.</summary>
[JsonConverter(typeof(MetricConverter))]
public enum BenchmarkMetric
{
    /// <summary>(<c>acc</c>) Share of items whose true choice has the highest log-likelihood, 0..1. k choices that tie for it exactly count 1/k each, so no order of the choices is favoured.</summary>
    Accuracy,

    /// <summary>(<c>acc_norm</c>) The same with each log-likelihood divided by the characters (Unicode code points) of the choice.</summary>
    NormalizedAccuracy,

    /// <summary>(<c>acc_norm_bytes</c>) The same with each log-likelihood divided by the UTF-8 bytes of the choice.</summary>
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

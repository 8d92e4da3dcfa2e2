namespace MLNet.Dispersion;

/// <summary>Holds a score with its uncertainty.</summary>
public sealed record BenchmarkScore
{
    /// <summary>Gets what was measured.</summary>
    public required BenchmarkMetric Metric { get; init; }

    /// <summary>Gets the mean over the items, or what the metric makes of it; shares are 0..1.</summary>
    public required double Value { get; init; }

    /// <summary>Gets how far the value would vary over other samples of items: the sample standard deviation (n - 1) divided by √n, for perplexities of running text carried through exp
    /// by its slope (value times the standard error of the exponent), for <see cref="BenchmarkMetric.Perplexity"/> the standard deviation over samples drawn from the items (bootstrap). NaN with one item.</summary>
    public required double StandardError { get; init; }
}

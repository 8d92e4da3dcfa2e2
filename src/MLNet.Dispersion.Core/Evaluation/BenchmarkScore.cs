namespace MLNet.Dispersion;

/// <summary>A score with its uncertainty.</summary>
/// <param name="Metric">What was measured.</param>
/// <param name="Value">The mean over the items, or what the metric makes of it; shares are 0..1.</param>
/// <param name="StandardError">
/// How far it would vary over other samples of items: the sample standard deviation (n - 1) divided by √n, for perplexities carried through exp
/// by its slope (value times the standard error of the exponent). NaN with one item.
/// </param>
public sealed record BenchmarkScore(BenchmarkMetric Metric, double Value, double StandardError);

namespace MLNet.Dispersion;

/// <summary>Says what a model scored in one task. Immutable and thread-safe.</summary>
public sealed record BenchmarkResult
{
    /// <summary>Gets the task's short name.</summary>
    public required string Task { get; init; }

    /// <summary>Gets the task's name for people.</summary>
    public required string Title { get; init; }

    /// <summary>Gets how many items were scored (for perplexity: texts).</summary>
    public required int Items { get; init; }

    /// <summary>Gets how many items there are.</summary>
    public required int AvailableItems { get; init; }

    /// <summary>Gets how many solved examples stood before each question.</summary>
    public required int FewShot { get; init; }

    /// <summary>Gets one score for each metric, the main one first.</summary>
    public required IReadOnlyList<BenchmarkScore> Scores { get; init; }

    /// <summary>Gets how many questions with a choice were too long and lost tokens on the left.</summary>
    public int TruncatedPrompts { get; init; }

    /// <summary>Gets how many of <see cref="TruncatedPrompts"/> lost tokens of the choice itself.</summary>
    public int TruncatedChoices { get; init; }

    /// <summary>Gets of how many tokens the probability was taken.</summary>
    public long ScoredTokens { get; init; }

    /// <summary>Gets how many sequences went through the model: fewer than choices where choices could share one.</summary>
    public int ForwardSequences { get; init; }

    /// <summary>Gets the score of the first metric.</summary>
    public BenchmarkScore Main => Scores[0];

    /// <summary>Gets the score of a metric.</summary>
    /// <param name="metric">The metric.</param>
    /// <exception cref="ArgumentException">It was not measured.</exception>
    public BenchmarkScore Score(BenchmarkMetric metric) => Scores.FirstOrDefault(score => score.Metric == metric)
        ?? throw new ArgumentException($"{metric} was not measured in {Task}; measured were {string.Join(", ", Scores.Select(score => score.Metric))}.", nameof(metric));

    /// <summary>Gets the score of a metric by name: that of tables and files, else the lm-evaluation-harness's, which calls mc2 and acc_greedy <c>acc</c> too.</summary>
    /// <param name="metric">The name, such as <c>acc</c>.</param>
    /// <exception cref="ArgumentException">There is no score of this name.</exception>
    public BenchmarkScore Score(string metric) => Scores.FirstOrDefault(score => score.Metric.MachineName() == metric)
        ?? Scores.FirstOrDefault(score => score.Metric.HarnessName() == metric)
        ?? throw new ArgumentException($"'{metric}' was not measured in {Task}; measured were {string.Join(", ", Scores.Select(score => score.Metric.MachineName()))}.", nameof(metric));
}

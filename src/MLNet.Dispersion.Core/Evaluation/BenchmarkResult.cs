namespace MLNet.Dispersion;

/// <summary>What a model scored in one task. Immutable and thread-safe.</summary>
/// <param name="Task">The task's short name.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Items">Items that were scored (for perplexity: texts).</param>
/// <param name="AvailableItems">Items that there are.</param>
/// <param name="FewShot">Solved examples before each question.</param>
/// <param name="Scores">One for each metric, the main one first.</param>
public sealed record BenchmarkResult(string Task, string Title, int Items, int AvailableItems, int FewShot, IReadOnlyList<BenchmarkScore> Scores)
{
    /// <summary>Questions with a choice that were too long and lost tokens on the left.</summary>
    public int TruncatedPrompts { get; init; }

    /// <summary>Those among them that lost tokens of the choice itself.</summary>
    public int TruncatedChoices { get; init; }

    /// <summary>Tokens whose probability was taken.</summary>
    public long ScoredTokens { get; init; }

    /// <summary>Sequences that went through the model: fewer than choices where choices could share one.</summary>
    public int ForwardSequences { get; init; }

    /// <summary>The score of the first metric.</summary>
    public BenchmarkScore Main => Scores[0];

    /// <summary>The score of a metric.</summary>
    /// <param name="metric">The metric.</param>
    /// <exception cref="ArgumentException">It was not measured.</exception>
    public BenchmarkScore Score(BenchmarkMetric metric) => Scores.FirstOrDefault(score => score.Metric == metric)
        ?? throw new ArgumentException($"{metric} was not measured in {Task}; measured were {string.Join(", ", Scores.Select(score => score.Metric))}.", nameof(metric));
}

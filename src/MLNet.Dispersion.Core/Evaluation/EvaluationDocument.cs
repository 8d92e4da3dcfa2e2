namespace MLNet.Dispersion;

/// <summary>The JSON form of an <see cref="EvaluationResult"/>; the means are written for other readers and not read back.</summary>
internal sealed record EvaluationDocument(string Model, DateTimeOffset Measured, int Seed, IReadOnlyList<TaskDocument> Tasks)
{
    public double? Mean { get; init; }

    public double? MeanStandardError { get; init; }
}

/// <summary>One task.</summary>
internal sealed record TaskDocument(
    string Task,
    string Title,
    int Items,
    int AvailableItems,
    int FewShot,
    int TruncatedPrompts,
    int TruncatedChoices,
    long ScoredTokens,
    int ForwardSequences,
    IReadOnlyList<ScoreDocument> Scores);

/// <summary>One score.</summary>
internal sealed record ScoreDocument(BenchmarkMetric Metric, double Value, double StandardError);

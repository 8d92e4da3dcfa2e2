using System.Diagnostics.CodeAnalysis;

namespace MLNet.Dispersion;

/// <summary>Writes and reads an <see cref="EvaluationResult"/> as JSON.</summary>
internal static class EvaluationJson
{
    private static readonly VersionedJson<EvaluationDocument> Format = new("evaluation", "mlnet-dispersion/evaluation", 1, "Write it again with EvaluationResult.ToJson or Save.");

    /// <summary>The document.</summary>
    public static string Write(EvaluationResult result) => Format.Write(ToDocument(result));

    /// <summary>The document in a file.</summary>
    public static void Save(EvaluationResult result, string path) => Format.Save(ToDocument(result), path);

    /// <summary>The result of a document.</summary>
    /// <exception cref="FormatException">It is damaged, of another kind, or of a newer version.</exception>
    public static EvaluationResult Read(string json)
    {
        EvaluationDocument document = Format.Read(json);
        return new EvaluationResult(document.Model, document.Measured, document.Seed, document.Tasks.Select(ToResult));
    }

    private static EvaluationDocument ToDocument(EvaluationResult result) => new(result.Model, result.Measured, result.Seed, [.. result.Tasks.Select(ToDocument)])
    {
        Mean = result.Mean,
        MeanStandardError = result.MeanStandardError,
    };

    private static TaskDocument ToDocument(BenchmarkResult task) => new(
        task.Task, task.Title, task.Items, task.AvailableItems, task.FewShot, task.TruncatedPrompts, task.TruncatedChoices, task.ScoredTokens, task.ForwardSequences,
        [.. task.Scores.Select(score => new ScoreDocument(score.Metric, score.Value, score.StandardError))]);

    private static BenchmarkResult ToResult(TaskDocument? task, int index)
    {
        string place = FormattableString.Invariant($"tasks[{index}]");
        Check(task is not null, place, "null", "be a task");
        Check(task.Items >= 1, place + ".items", task.Items, "be at least 1");
        Check(task.AvailableItems >= task.Items, place + ".availableItems", task.AvailableItems, "be at least items");
        Check(task.FewShot >= 0, place + ".fewShot", task.FewShot, "be at least 0");
        Check(task.Scores.Count >= 1, place + ".scores", "empty", "hold at least one score");
        return new BenchmarkResult
        {
            Task = task.Task,
            Title = task.Title,
            Items = task.Items,
            AvailableItems = task.AvailableItems,
            FewShot = task.FewShot,
            Scores = Array.AsReadOnly(task.Scores.Select((score, i) => ToScore(score, place, i)).ToArray()),
            TruncatedPrompts = task.TruncatedPrompts,
            TruncatedChoices = task.TruncatedChoices,
            ScoredTokens = task.ScoredTokens,
            ForwardSequences = task.ForwardSequences,
        };
    }

    private static BenchmarkScore ToScore(ScoreDocument? score, string task, int index)
    {
        string place = FormattableString.Invariant($"{task}.scores[{index}]");
        Check(score is not null, place, "null", "be a score");
        Check(!score.Metric.IsShare() || score.Value is >= 0 and <= 1, place + ".value", score.Value, "be a share, 0..1");
        Check(score.Value >= 0, place + ".value", score.Value, "be at least 0");
        Check(double.IsNaN(score.StandardError) || score.StandardError >= 0, place + ".standardError", score.StandardError, "be at least 0, or NaN");
        return new BenchmarkScore { Metric = score.Metric, Value = score.Value, StandardError = score.StandardError };
    }

    private static void Check([DoesNotReturnIf(false)] bool good, string place, object? value, string rule) => Format.Require(good, place, value, rule);
}

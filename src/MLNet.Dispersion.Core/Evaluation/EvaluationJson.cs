using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.Dispersion;

/// <summary>Writes and reads an <see cref="EvaluationResult"/> as JSON.</summary>
internal static class EvaluationJson
{
    /// <summary>The kind of the document.</summary>
    public const string Schema = "mlnet-dispersion/evaluation";

    /// <summary>The version written; raised when a reader of the former one would go wrong.</summary>
    public const int Version = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        WriteIndented = true,
    };

    /// <summary>The document.</summary>
    public static string Write(EvaluationResult result) => JsonSerializer.Serialize(ToDocument(result), Options);

    /// <summary>The document, in UTF-8.</summary>
    public static void Write(EvaluationResult result, Stream stream) => JsonSerializer.Serialize(stream, ToDocument(result), Options);

    /// <summary>The result of a document.</summary>
    /// <exception cref="FormatException">It is damaged, of another kind, or of a newer version.</exception>
    public static EvaluationResult Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            CheckKind(document.RootElement);
            EvaluationDocument d = document.RootElement.Deserialize<EvaluationDocument>(Options)!;
            return new EvaluationResult(d.Model, d.Measured, d.Seed, d.Tasks.Select(ToResult));
        }
        catch (JsonException e)
        {
            throw new FormatException($"This is no whole evaluation: {e.Message} Write it again with EvaluationResult.ToJson or Save.", e);
        }
    }

    private static void CheckKind(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("schema", out JsonElement schema) || schema.ValueKind != JsonValueKind.String || schema.GetString() != Schema)
        {
            throw new FormatException($"This JSON is no evaluation: its field 'schema' must be \"{Schema}\". Pass what EvaluationResult.ToJson or Save wrote.");
        }

        int version = root.TryGetProperty("version", out JsonElement number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out int read) ? read : 0;
        Check(version >= 1, "version", number, "be a whole number from 1");
        if (version > Version)
        {
            throw new FormatException($"The evaluation has version {version}; this library reads up to version {Version}. Update MLNet.Dispersion.");
        }
    }

    private static EvaluationDocument ToDocument(EvaluationResult result) => new(Schema, Version, result.Model, result.Measured, result.Seed, [.. result.Tasks.Select(ToDocument)])
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

    private static void Check([DoesNotReturnIf(false)] bool good, string place, object? value, string rule)
    {
        if (!good)
        {
            throw new FormatException(FormattableString.Invariant($"The evaluation's field '{place}' is {value}; it must {rule}. The document is damaged: write it again with EvaluationResult.ToJson or Save."));
        }
    }
}

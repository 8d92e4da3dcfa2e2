namespace MLNet.Dispersion.Tests.Evaluation;

/// <summary>A task and its data in a temporary folder.</summary>
internal sealed class TaskFiles : IDisposable
{
    public static readonly BenchmarkTemplate Template = new()
    {
        Name = "quiz",
        Data = "quiz.jsonl",
        Context = "Question: {question}\nAnswer:",
        ChoicesField = "choices",
        GoldField = "gold",
        Metrics = [BenchmarkMetric.Accuracy, BenchmarkMetric.NormalizedAccuracy],
    };

    public string Folder { get; } = Directory.CreateTempSubdirectory("mlnet-dispersion-task-").FullName;

    public BenchmarkTask Load(BenchmarkTemplate template, params string[] lines)
    {
        Write(template.Data, lines);
        return BenchmarkTask.FromTemplate(template, Folder);
    }

    public string Write(string name, params string[] lines)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllText(path, string.Join('\n', lines));
        return path;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>A line of the quiz.</summary>
    public static string Line(string question, int gold, params string[] choices) =>
        System.Text.Json.JsonSerializer.Serialize(new { question, choices, gold });
}

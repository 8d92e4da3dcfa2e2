using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Saved;

/// <summary>Reports, geometry histories, evaluations and benchmark tasks that earlier versions wrote; what is written again from them holds the same.</summary>
public sealed class SavedDocumentTests
{
    public static TheoryData<string, string> Reports() => SavedFiles.Cases("condensation-reports");

    public static TheoryData<string, string> Histories() => SavedFiles.Cases("geometry-histories");

    public static TheoryData<string, string> Evaluations() => SavedFiles.Cases("evaluations");

    public static TheoryData<string, string> Tasks() => SavedFiles.Cases("benchmark-tasks");

    [Theory]
    [MemberData(nameof(Reports))]
    public void Load_Report_HoldsEveryFigure(string version, string name)
    {
        string file = Path.Combine(SavedFiles.Folder(version, "condensation-reports"), name);
        CondensationReport report = CondensationReport.Load(file + ".json");

        SavedFiles.AssertAnswers(version, "condensation-reports", name, DocumentAnswers.Of(report));
        SavedFiles.AssertAnswers(version, "condensation-reports", name, DocumentAnswers.Of(CondensationReport.FromJson(report.ToJson())));
        Assert.Equal(File.ReadAllText(file + ".csv"), report.ToCsv());
    }

    [Theory]
    [MemberData(nameof(Histories))]
    public void Load_GeometryHistory_HoldsEverySnapshot(string version, string name)
    {
        var history = GeometryHistoryFile.Read(new DirectorySource(Path.Combine(SavedFiles.Folder(version, "geometry-histories"), name)));
        using var copy = SavedFiles.Copy(version, "geometry-histories");
        GeometryHistoryFile.Write(new DirectorySink(copy.At(name)), history);

        SavedFiles.AssertAnswers(version, "geometry-histories", name, ModelAnswers.Of(history));
        SavedFiles.AssertAnswers(version, "geometry-histories", name, ModelAnswers.Of(GeometryHistoryFile.Read(new DirectorySource(copy.At(name)))));
    }

    [Theory]
    [MemberData(nameof(Evaluations))]
    public void Load_Evaluation_HoldsEveryScore(string version, string name)
    {
        EvaluationResult result = EvaluationResult.Load(Path.Combine(SavedFiles.Folder(version, "evaluations"), name + ".json"));

        SavedFiles.AssertAnswers(version, "evaluations", name, DocumentAnswers.Of(result));
        SavedFiles.AssertAnswers(version, "evaluations", name, DocumentAnswers.Of(EvaluationResult.FromJson(result.ToJson())));
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Load_BenchmarkTask_HasItsItems(string version, string name)
    {
        BenchmarkTask task = BenchmarkTask.FromFile(Path.Combine(SavedFiles.Folder(version, "benchmark-tasks"), name + ".json"));
        JsonNode again = DocumentAnswers.Of(BenchmarkTask.FromTemplate(BenchmarkTemplate.FromJson(task.Template.ToJson()), SavedFiles.Folder(version, "benchmark-tasks")));

        SavedFiles.AssertAnswers(version, "benchmark-tasks", name, DocumentAnswers.Of(task));
        SavedFiles.AssertAnswers(version, "benchmark-tasks", name, again);
    }
}

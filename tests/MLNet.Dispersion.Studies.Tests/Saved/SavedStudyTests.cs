using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Studies.Tests.Saved;

/// <summary>Studies that earlier versions saved, finished and not, and the text of spaces and points in them.</summary>
public sealed class SavedStudyTests
{
    public static TheoryData<string, string> Studies() => SavedFiles.Cases("studies");

    public static TheoryData<string, string> Spaces() => SavedFiles.Cases("search-spaces");

    [Theory]
    [MemberData(nameof(Studies))]
    public async Task Open_Study_HoldsItsTrials(string version, string name)
    {
        using var copy = SavedFiles.Copy(version, "studies");
        await using IStudyStorage storage = await SqliteStudyStorage.OpenAsync(copy.At(name + ".db"), StudyAnswers.Definition(name));

        SavedFiles.AssertAnswers(version, "studies", name, StudyAnswers.Of(await storage.TrialsAsync(), times: true));
    }

    /// <summary>What waited is taken up and what a dead worker held is taken over, with the points that they had and to the end that they would have come to. New points are drawn as samplers draw today, and may be others.</summary>
    [Theory]
    [MemberData(nameof(Studies))]
    public async Task Run_Study_GoesOnAsItWouldHave(string version, string name)
    {
        JsonNode expected = SavedFiles.Case(version, "studies", name)["continued"]!;
        using var copy = SavedFiles.Copy(version, "studies");
        await using IStudyStorage storage = await SqliteStudyStorage.OpenAsync(copy.At(name + ".db"), StudyAnswers.Definition(name));

        HashSet<int> drawn = [.. (await storage.TrialsAsync()).Where(trial => trial.Parameters is not null).Select(trial => trial.Number)];

        IReadOnlyList<Trial> trials = await StudyAnswers.RunAsync(storage, expected.AsArray().Count);

        Assert.Equal(expected.AsArray().Count, trials.Count);
        Assert.All(trials, trial => StudyAnswers.Space.Validate(trial.Parameters!));
        Assert.All(trials, trial => Assert.True(trial.IsFinished));
        List<string> differences = SavedAnswers.Differences(
            new JsonArray([.. expected.AsArray().Where(trial => drawn.Contains(trial!["number"]!.GetValue<int>())).Select(trial => trial!.DeepClone())]),
            StudyAnswers.Of([.. trials.Where(trial => drawn.Contains(trial.Number))], times: false));
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(10)));
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void Parse_Points_HaveTheirValues(string version, string name)
    {
        string folder = SavedFiles.Folder(version, "search-spaces");
        string[] lines = File.ReadAllLines(Path.Combine(folder, name + ".jsonl"));
        ParameterSet[] points = [.. lines.Select(line => ParameterSet.Parse(line, StudyAnswers.Space))];

        SavedFiles.AssertAnswers(version, "search-spaces", name, SavedAnswers.List(points, point => new JsonObject(point.Select(pair => KeyValuePair.Create(pair.Key, JsonSerializer.SerializeToNode(pair.Value))))));
        Assert.Equal(lines, points.Select(point => point.ToJson()));

        // Letter by letter: a study is opened with the space that it was begun with, and they are compared as texts.
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "space.json")), StudyAnswers.Space.ToJson());
    }
}

using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests;

namespace MLNet.Dispersion.Search.Tests.Saved;

/// <summary>Searches that earlier versions saved: read again they give the result that was written, and they go on.</summary>
public sealed class SavedSearchTests
{
    public static TheoryData<string, string> Searches() => SavedFiles.Cases("searches");

    [Theory]
    [MemberData(nameof(Searches))]
    public void Run_FinishedSearch_GivesTheResultThatWasWritten(string version, string name)
    {
        JsonObject saved = SavedFiles.Case(version, "searches", name);
        using var copy = SavedFiles.Copy(version, "searches");

        using SearchResult result = Run(copy, name, saved["answers"]!["trials"]!.AsArray().Count);

        // What the search says of its trials, it says today in other words.
        JsonObject answers = saved["answers"]!.DeepClone().AsObject(), found = JsonNode.Parse(result.ToJson())!.AsObject();
        foreach (string said in new[] { "dispersion", "importance", "importanceByChance" })
        {
            answers.Remove(said);
            found.Remove(said);
        }

        List<string> differences = SavedAnswers.Differences(answers, found);
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(10)));
        SavedFiles.AssertAnswers(version, "searches", name, JsonNode.Parse(File.ReadAllText(copy.At(name + ".json")))!);
        Assert.Equal((string?)saved["table"], result.ToString());
    }

    [Theory]
    [MemberData(nameof(Searches))]
    public void Run_SavedSearch_GoesOn(string version, string name)
    {
        JsonNode expected = SavedFiles.Case(version, "searches", name)["continued"]!;
        using var copy = SavedFiles.Copy(version, "searches");

        using SearchResult result = Run(copy, name, expected.AsArray().Count);

        // New points are drawn as samplers draw today.
        int saved = SavedFiles.Case(version, "searches", name)["answers"]!["trials"]!.AsArray().Count;
        JsonArray found = SavedAnswers.List(result.Trials.Take(saved), trial => new JsonObject { ["number"] = trial.Number, ["parameters"] = JsonNode.Parse(trial.Parameters!.ToJson()), ["values"] = SavedAnswers.Numbers(trial.Values) });
        List<string> differences = SavedAnswers.Differences(new JsonArray([.. expected.AsArray().Take(saved).Select(trial => trial!.DeepClone())]), found);
        Assert.Equal(expected.AsArray().Count, result.Trials.Count);
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(10)));
    }

    /// <summary>A search over the former default space can be gone on with only where the space's text is the very same.</summary>
    [Fact]
    public void FormerDefaultSpace_IsWrittenAsItWas() => Assert.Equal(File.ReadAllText(Path.Combine(SavedFiles.Folder("0.1.0", "search-spaces"), "default.json")), DispersionSearchSpace.Former.ToJson());

    private static SearchResult Run(SavedCopy copy, string name, int trials) => SearchAnswers.Run((definition, token) => SqliteStudyStorage.OpenAsync(copy.At(name + ".db"), definition, token), trials);
}

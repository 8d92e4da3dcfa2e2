using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests;

/// <summary>The files that earlier versions saved: tests/Saved/VERSION/KIND, with the answers that the version gave in expected.json. What they are says tests/Saved/README.md.</summary>
internal static class SavedFiles
{
    public const string AnswersFile = "expected.json";

    /// <summary>The folder tests/Saved.</summary>
    public static string Root { get; } = Path.Combine(Checkout.Folder, "tests", "Saved");

    /// <summary>The versions that have a folder.</summary>
    public static string[] Versions { get; } = [.. Directory.EnumerateDirectories(Root).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    /// <summary>The folder of one kind of one version.</summary>
    public static string Folder(string version, string kind) => Path.Combine(Root, version, kind);

    /// <summary>Version and name of each case of a kind, in all versions.</summary>
    public static TheoryData<string, string> Cases(string kind)
    {
        var cases = new TheoryData<string, string>();
        foreach (string version in Versions.Where(version => Directory.Exists(Folder(version, kind))))
        {
            foreach (var (name, _) in Expected(version, kind))
            {
                cases.Add(version, name);
            }
        }

        return cases.Count > 0 ? cases : throw new InvalidOperationException($"No version below {Root} has saved files of the kind '{kind}'.");
    }

    /// <summary>What is known of one case: its answers, and what must be given to get them.</summary>
    public static JsonObject Case(string version, string kind, string name) => Expected(version, kind)[name]!.AsObject();

    /// <summary>A copy of a kind's folder that a test may write to.</summary>
    public static SavedCopy Copy(string version, string kind) => new(Folder(version, kind));

    /// <summary>Fails, and tells the first differences, where answers are not those of the version that saved.</summary>
    public static void AssertAnswers(string version, string kind, string name, JsonNode actual)
    {
        List<string> differences = [.. SavedAnswers.Differences(Case(version, kind, name)["answers"], actual).Where(difference => !IsCorrection(version, difference))];
        Assert.True(differences.Count == 0, $"{version}/{kind}/{name} answers otherwise than version {version} did, in {differences.Count} places:\n{string.Join('\n', differences.Take(10))}");
    }

    /// <summary>Whether the version was wrong there: corrections.json lists such answers, with what is right and why; of numbers it lists the place, and a test of its own says what is right.</summary>
    private static bool IsCorrection(string version, string difference) => JsonNode.Parse(File.ReadAllText(Path.Combine(Root, "corrections.json")))!.AsArray().Any(correction =>
        (string)correction!["version"]! == version && (correction["place"] is { } place
            ? (difference.StartsWith($"{place}[", StringComparison.Ordinal) || difference.StartsWith($"{place}:", StringComparison.Ordinal)) && difference.Contains($"expected {correction["answered"]},", StringComparison.Ordinal)
            : difference.EndsWith($"expected \"{correction["answered"]}\", found \"{correction["rightly"]}\"", StringComparison.Ordinal)));

    private static JsonObject Expected(string version, string kind) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder(version, kind), AnswersFile)))!.AsObject();
}

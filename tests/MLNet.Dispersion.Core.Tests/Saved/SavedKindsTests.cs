using System.Security.Cryptography;

namespace MLNet.Dispersion.Tests.Saved;

/// <summary>What was saved once stays there, all of it and unchanged: whoever takes a folder away, or writes its files anew, takes away what the other tests rest on.</summary>
public sealed class SavedKindsTests
{
    /// <summary>Each kind that some version saves, and that tests of this folder, or of the same folder of another test project, read.</summary>
    private static readonly string[] Kinds =
    [
        "adapter-directories", "benchmark-tasks", "classifier-directories", "classifier-zips", "condensation-reports", "evaluations", "geometry-histories", "geometry-zips", "language-model-zips",
        "pretrained-directories", "regression-zips", "regressor-directories", "runs", "search-spaces", "searches", "studies", "tokenizers",
    ];

    public static TheoryData<string> Versions() => [.. SavedFiles.Versions];

    [Fact]
    public void FirstVersion_HasEveryKind() => Assert.Equal(Kinds, KindsOf("0.1.0"));

    /// <summary>A kind that a later version saves for the first time is entered above, with a test that reads it.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public void Version_HasNoKindThatIsNotRead(string version) => Assert.All(KindsOf(version), kind =>
    {
        Assert.Contains(kind, Kinds);
        Assert.True(File.Exists(Path.Combine(SavedFiles.Folder(version, kind), SavedFiles.AnswersFile)), $"{version}/{kind} has no {SavedFiles.AnswersFile}.");
    });

    [Theory]
    [MemberData(nameof(Versions))]
    public void Version_HasTheFilesThatItWrote(string version)
    {
        string folder = Path.Combine(SavedFiles.Root, version);
        foreach (string line in File.ReadLines(Path.Combine(folder, "SHA256SUMS")))
        {
            string[] parts = line.Split("  ", 2);
            string file = Path.Combine(folder, parts[1]);
            Assert.True(File.Exists(file), $"{version}/{parts[1]} is gone.");
            Assert.True(parts[0] == Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))), $"{version}/{parts[1]} is not the file that version {version} wrote.");
        }
    }

    private static string[] KindsOf(string version) =>
        [.. Directory.EnumerateDirectories(Path.Combine(SavedFiles.Root, version)).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];
}

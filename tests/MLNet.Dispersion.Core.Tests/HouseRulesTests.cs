using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Tests;

/// <summary>Dependencies between the rooms of the core, and of the studies, run one way, and one file holds one public type.</summary>
public sealed partial class HouseRulesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Geometry"] = ["Backbones"],
        ["Losses"] = ["Geometry"],
        ["Hub"] = [],
        ["Tokenization"] = ["Hub"],
        ["Backbones"] = ["Hub"],
        ["Data"] = [],
        ["Writing"] = [],
        ["Diagnostics"] = ["Geometry", "Hub", "Tokenization", "Backbones", "Data", "Writing"],
        ["Evaluation"] = ["Hub", "Tokenization", "Backbones", "Data", "Writing"],
        ["Features"] = ["Tokenization", "Backbones", "Data", "Evaluation", "Hub"],
        ["Generation"] = ["Tokenization", "Backbones", "Data"],
        ["Training"] = ["Geometry", "Diagnostics", "Losses", "Hub", "Tokenization", "Backbones", "Data"],
    };

    private static readonly Dictionary<string, string[]> AllowedInStudies = new()
    {
        ["Spaces"] = [],
        ["Trials"] = ["Spaces"],
        ["Sampling"] = ["Spaces", "Trials"],
        ["Pruning"] = ["Trials"],
        ["Storage"] = ["Spaces", "Trials"],
        ["Running"] = ["Spaces", "Trials", "Sampling", "Pruning", "Storage"],
    };

    public static TheoryData<string> StudyRooms() => [.. AllowedInStudies.Keys];

    public static TheoryData<string> Rooms() => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Room_UsesOnlyTheRoomsBelowIt(string room)
    {
        foreach (string file in SourceFiles(Path.Combine(CoreFolder, room)))
        {
            var used = RoomReference().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value).Where(name => name != room && Allowed.ContainsKey(name));
            Assert.All(used.Distinct(), name => Assert.True(Allowed[room].Contains(name), $"{file} uses {name}; {room} may only use: {string.Join(", ", Allowed[room])}"));
        }
    }

    [Theory]
    [MemberData(nameof(StudyRooms))]
    public void StudyRoom_UsesOnlyTheRoomsBelowIt(string room)
    {
        foreach (string file in SourceFiles(Path.Combine(RepositoryFolder, "src", "MLNet.Dispersion.Studies", room)))
        {
            var used = StudyReference().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value).Where(name => name != room && AllowedInStudies.ContainsKey(name));
            Assert.All(used.Distinct(), name => Assert.True(AllowedInStudies[room].Contains(name), $"{file} uses {name}; {room} may only use: {string.Join(", ", AllowedInStudies[room])}"));
        }
    }

    [Fact]
    public void Core_KnowsNothingOfMLNet()
    {
        string[] names = [.. typeof(Backbone).Assembly.GetReferencedAssemblies().Select(assembly => assembly.Name!)];

        Assert.DoesNotContain(names, name => name.StartsWith("Microsoft.ML", StringComparison.Ordinal) && name != "Microsoft.ML.Tokenizers");
    }

    [Fact]
    public void File_HoldsOnePublicType()
    {
        foreach (string file in SourceFiles(Path.Combine(RepositoryFolder, "src")))
        {
            int types = PublicType().Count(File.ReadAllText(file));
            Assert.True(types <= 1, $"{file} declares {types} public types.");
        }
    }

    [Fact]
    public void Source_NeverReseedsTheGlobalGenerator()
    {
        foreach (string file in SourceFiles(Path.Combine(RepositoryFolder, "src")))
        {
            Assert.DoesNotMatch(@"\b(torch|random)\.(manual_seed|set_rng_state)\(", File.ReadAllText(file));
        }
    }

    private static string RepositoryFolder { get; } = FindRepository();

    private static string CoreFolder => Path.Combine(RepositoryFolder, "src", "MLNet.Dispersion.Core");

    private static IEnumerable<string> SourceFiles(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MLNet.Dispersion.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests must run inside a checkout: MLNet.Dispersion.sln was not found above them.");
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"MLNet\.Dispersion\.([A-Z]\w+)")]
    private static partial Regex RoomReference();

    [GeneratedRegex(@"MLNet\.Dispersion\.Studies\.([A-Z]\w+)")]
    private static partial Regex StudyReference();

    [GeneratedRegex(@"^(?:\[[^\]]+\]\s*)?public (?:(?:static|sealed|abstract|readonly|partial) )*(?:class|record|struct|interface|enum) ", RegexOptions.Multiline)]
    private static partial Regex PublicType();
}

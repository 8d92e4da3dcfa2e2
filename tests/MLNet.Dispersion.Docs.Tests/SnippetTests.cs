using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Docs.Tests;

/// <summary>What the documentation shows compiles.</summary>
public sealed class SnippetTests
{
    // Read once: every case looks its own up.
    private static readonly ILookup<string, Snippet> OfPages = Snippet.OfPages().ToLookup(snippet => snippet.Place);
    private static readonly ILookup<string, Snippet> OfMembers = Snippet.OfMembers().ToLookup(snippet => snippet.Place);

    public static TheoryData<string> Pages() => [.. OfPages.Select(snippets => snippets.Key)];

    public static TheoryData<string> Members() => [.. OfMembers.Select(snippets => snippets.Key)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_BlockCompilesWithTheUsingsThatItShows(string place) => AssertCompiles(OfPages[place]);

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_ExampleCompiles(string place) => AssertCompiles(OfMembers[place]);

    /// <summary>Where readers begin.</summary>
    [Theory]
    [InlineData("T:MLNet.Dispersion.DispersionClassificationCatalog")]
    [InlineData("T:MLNet.Dispersion.DispersionBinaryClassificationCatalog")]
    [InlineData("T:MLNet.Dispersion.DispersionRegressionCatalog")]
    [InlineData("T:MLNet.Dispersion.LanguageModelCatalog")]
    [InlineData("T:MLNet.Dispersion.EmbeddingGeometryCatalog")]
    [InlineData("T:MLNet.Dispersion.FineTuneOptions")]
    [InlineData("T:MLNet.Dispersion.TextClassifier")]
    [InlineData("T:MLNet.Dispersion.LanguageModelTrainer")]
    [InlineData("T:MLNet.Dispersion.LanguageModelGeneration")]
    [InlineData("T:MLNet.Dispersion.TextFeatureExtractor")]
    [InlineData("T:MLNet.Dispersion.CondensationReport")]
    [InlineData("T:MLNet.Dispersion.WordPerplexity")]
    [InlineData("T:MLNet.Dispersion.DispersionLoss")]
    public void EntryType_HasAnExample(string member) => Assert.NotEmpty(OfMembers[member]);

    [Fact]
    public void Compiler_NamesTheMistake() =>
        Assert.Contains("CS0246", Assert.Single(Compiler.Errors(new Snippet("planted", "ThereIsNoSuchType x = null!;", ""))), StringComparison.Ordinal);

    [Fact]
    public void Readme_IsALandingPage()
    {
        int lines = File.ReadAllLines(Path.Combine(Checkout.Folder, "README.md")).Length;

        Assert.InRange(lines, 60, 140);
    }

    private static void AssertCompiles(IEnumerable<Snippet> snippets) => Assert.All(snippets, snippet => Assert.Empty(Compiler.Errors(snippet)));
}

using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Docs.Tests;

/// <summary>What the documentation shows compiles.</summary>
public sealed class SnippetTests
{
    public static TheoryData<string> Pages() => [.. Snippet.OfPages().Select(snippet => snippet.Place)];

    public static TheoryData<string> Members() => [.. Snippet.OfMembers().Select(snippet => snippet.Place).Distinct()];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_BlockCompilesWithTheUsingsThatItShows(string place) => AssertCompiles(Snippet.OfPages().Where(snippet => snippet.Place == place));

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_ExampleCompiles(string place) => AssertCompiles(Snippet.OfMembers().Where(snippet => snippet.Place == place));

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

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

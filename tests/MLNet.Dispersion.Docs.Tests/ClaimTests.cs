using System.Text.RegularExpressions;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Docs.Tests;

/// <summary>No sentence of the documentation says that one way is better or worse than another without one of the four words and its interval (docs/verdict.md). A net for the usual ways of saying so, no proof.</summary>
public sealed partial class ClaimTests
{
    /// <summary>They explain the words, and how often they are said.</summary>
    private static readonly string[] OfTheWords = ["docs/verdict.md", "docs/measured-verdict.md"];

    public static TheoryData<string> Pages() =>
    [
        "README.md",
        "CHANGELOG.md",
        .. Below("docs", "*.md").Except(OfTheWords),
        .. Below("src", "PACKAGE.md"),
        .. Below("src", "TRAINING.md"),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_EveryDifferenceThatItClaims_HasItsWordAndInterval(string page) => Assert.Empty(Unfounded(File.ReadAllText(Path.Combine(Checkout.Folder, page))));

    [Theory]
    [InlineData("With the loss accuracy is *better*, +0.02.")]
    [InlineData("| dispersion | *worse*: -0.31 |")]
    [InlineData("First this. It beats the bag of words by three points.")]
    [InlineData("A larger model gives better results.")]
    [InlineData("Twice as many epochs make both figures worse than before, log-loss by 0.3.")]
    public void Unfounded_AClaimWithoutWordOrInterval_IsFound(string text) => Assert.Single(Unfounded(text));

    [Theory]
    [InlineData("With the loss accuracy is *better*, +0.02, 95 % interval +0.01 to +0.03.")]
    [InlineData("| dispersion | *worse*: -0.31, -0.4 to -0.2 |")]
    [InlineData("Log-loss is *better* by 0.1 (0.04 to 0.16), accuracy *cannot be told*.")]
    [InlineData("Whether it beats the bag of words by points *cannot be told* of one seed.")]
    [InlineData("If it says *better*, switch it on.")]
    [InlineData("```csharp\n// better results than before\n```")]
    public void Unfounded_WhatIsSaidProperly_IsNot(string text) => Assert.Empty(Unfounded(text));

    private static IEnumerable<string> Below(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Checkout.Folder, folder), pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Checkout.Folder, file).Replace('\\', '/'))
            .Where(file => !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    private static IEnumerable<string> Unfounded(string markdown) => Sentences(NotProse().Replace(markdown, "")).Where(sentence =>
        (EmphasisedWord().IsMatch(sentence) && Difference().IsMatch(sentence) && !Interval().IsMatch(sentence))
        || (Comparison().IsMatch(sentence) && Quality().IsMatch(sentence) && !sentence.Contains("cannot be told", StringComparison.Ordinal) && !(EmphasisedWord().IsMatch(sentence) && Interval().IsMatch(sentence))));

    /// <summary>Rows of tables, and sentences of paragraphs.</summary>
    private static IEnumerable<string> Sentences(string prose) => prose.Split('\n')
        .Where(line => !line.StartsWith('#') && !line.StartsWith("    ", StringComparison.Ordinal) && !line.StartsWith("![", StringComparison.Ordinal))
        .SelectMany(line => line.StartsWith('|') ? [line] : SentenceEnd().Split(line));

    [GeneratedRegex("```.*?```|<!--.*?-->", RegexOptions.Singleline)]
    private static partial Regex NotProse();

    [GeneratedRegex(@"(?<=[.;?:])\s+(?=[A-Z*])")]
    private static partial Regex SentenceEnd();

    /// <summary>In italics, or out of them where all around is in italics.</summary>
    [GeneratedRegex(@"\*\s?(better|worse|no difference that matters)\s?\*")]
    private static partial Regex EmphasisedWord();

    /// <summary>A figure that is a difference or may be one.</summary>
    [GeneratedRegex(@"[+-]\d|\d\.\d")]
    private static partial Regex Difference();

    [GeneratedRegex(@"[+-]?\d[\d.,]*(?: %)? to [+-]?\d|±")]
    private static partial Regex Interval();

    [GeneratedRegex(@"\b(beats?|improve[sd]?|outperforms?|(better|worse|higher|lower) (results|accuracy|perplexity|than|by)|(points?|%) (more|better|worse|less|ahead|behind)|nearly as much|cost (it )?(perplexity|points?|accuracy)|perplexity (rose|fell)|lost points)\b")]
    private static partial Regex Comparison();

    [GeneratedRegex(@"\b(accurac\w*|log-loss\w*|perplexit\w*|calibration|F1|rho|points?|NDCG|correlation|results|scores?)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Quality();
}

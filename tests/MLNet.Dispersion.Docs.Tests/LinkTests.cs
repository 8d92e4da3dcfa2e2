using System.Collections.Concurrent;
using System.Text.Json;
using Markdig;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Microsoft.Extensions.FileSystemGlobbing;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Docs.Tests;

/// <summary>What the pages of the site point at is on the site: the file is one that docfx.json names, the heading is there. The quick half of <see cref="SiteTests"/>.</summary>
public sealed class LinkTests
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseAutoIdentifiers(Markdig.Extensions.AutoIdentifiers.AutoIdentifierOptions.GitHub).Build();
    private static readonly ConcurrentDictionary<string, MarkdownDocument> Parsed = new(StringComparer.Ordinal);   // many links lead to one page
    private static readonly string[] Written = OfSite("content");
    private static readonly HashSet<string> OnSite = [.. Written, .. OfSite("resource")];

    public static TheoryData<string> Pages() => [.. Written.Where(file => file.EndsWith(".md", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_WhatItPointsAt_IsOnTheSite(string page)
    {
        MarkdownDocument document = Read(page);

        Assert.All(Links(document), link => Assert.True(Leads(page, document, link), link));
    }

    [Theory]
    [InlineData("README.md")]            // a file beside docs that the site has not
    [InlineData("../tests/README.md")]
    [InlineData("measured.md#there-is-no-such-heading")]
    [InlineData("#there-is-no-such-heading")]
    public void Link_ThatLeadsNowhere_IsFound(string link) => Assert.False(Leads("docs/getting-started.md", Read("docs/getting-started.md"), link));

    private static bool Leads(string page, MarkdownDocument document, string link)
    {
        if (Uri.TryCreate(link, UriKind.Absolute, out _))
        {
            return true;   // another site's, or an address of the reference
        }

        string[] parts = link.Split('#', 2);
        string target = parts[0].Length == 0 ? page : Path.GetRelativePath(Checkout.Folder, Path.GetFullPath(Path.Combine(Checkout.Folder, Path.GetDirectoryName(page)!, Uri.UnescapeDataString(parts[0])))).Replace('\\', '/');
        return OnSite.Contains(target)
            && (parts.Length == 1 || (parts[0].Length == 0 ? document : Read(target)).Descendants<HeadingBlock>().Any(heading => heading.GetAttributes().Id == parts[1]));
    }

    private static IEnumerable<string> Links(MarkdownDocument document) => document.Descendants<LinkInline>().Select(link => link.Url).OfType<string>();

    private static MarkdownDocument Read(string page) => Parsed.GetOrAdd(page, name => Markdown.Parse(File.ReadAllText(Path.Combine(Checkout.Folder, name)), Pipeline));

    /// <summary>The files that docfx.json names under <paramref name="part"/>, relative to the checkout; those made only by the command itself are left out.</summary>
    private static string[] OfSite(string part)
    {
        using JsonDocument settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(Checkout.Folder, "docfx.json")));
        return [.. settings.RootElement.GetProperty("build").GetProperty(part).EnumerateArray()
            .Where(group => !group.TryGetProperty("src", out _))
            .SelectMany(group =>
            {
                var matcher = new Matcher();
                matcher.AddIncludePatterns(group.GetProperty("files").EnumerateArray().Select(pattern => pattern.GetString()!));
                return matcher.GetResultsInFullPath(Checkout.Folder);
            })
            .Select(file => Path.GetRelativePath(Checkout.Folder, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];
    }
}

using System.Globalization;
using System.Xml.Linq;
using Markdig;
using Markdig.Syntax;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Docs.Tests;

/// <summary>A piece of C# that the documentation shows.</summary>
/// <param name="Place">Where it stands: file and line, or the documented member.</param>
/// <param name="Code">As it is shown.</param>
/// <param name="Given">Declarations that the page says stand before it: a comment <c>&lt;!-- given: ... --&gt;</c> before the block, which readers do not see.</param>
internal sealed record Snippet(string Place, string Code, string Given)
{
    private const string GivenMark = "<!-- given:";

    /// <summary>The blocks of README, of every page below docs and of the packages' pages.</summary>
    internal static IEnumerable<Snippet> OfPages()
    {
        string root = Checkout.Folder;
        IEnumerable<string> pages =
        [
            Path.Combine(root, "README.md"),
            .. Directory.EnumerateFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories),
            .. Directory.EnumerateFiles(Path.Combine(root, "src"), "PACKAGE.md", SearchOption.AllDirectories),
        ];
        return pages.Order(StringComparer.Ordinal).SelectMany(page => OfPage(page, Path.GetRelativePath(root, page)));
    }

    /// <summary>The <c>&lt;code&gt;</c> of every <c>&lt;example&gt;</c> in the products' documentation.</summary>
    internal static IEnumerable<Snippet> OfMembers() => Directory
        .EnumerateFiles(AppContext.BaseDirectory, "MLNet.Dispersion*.xml")
        .Where(file => !Path.GetFileName(file).Contains(".Tests", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .SelectMany(file => XDocument.Load(file).Descendants("member"))
        .SelectMany(member => member.Descendants("example").Descendants("code").Select(code => new Snippet((string)member.Attribute("name")!, code.Value, "")));

    private static IEnumerable<Snippet> OfPage(string file, string name)
    {
        string given = "";
        foreach (Block block in Markdown.Parse(File.ReadAllText(file)))
        {
            switch (block)
            {
                case HtmlBlock html when html.Lines.ToString().TrimStart().StartsWith(GivenMark, StringComparison.Ordinal):
                    string text = html.Lines.ToString().Trim();
                    given = text[GivenMark.Length..text.LastIndexOf("-->", StringComparison.Ordinal)];
                    break;
                case FencedCodeBlock { Info: "csharp" } code:
                    yield return new Snippet(string.Create(CultureInfo.InvariantCulture, $"{name}:{code.Line + 1}"), code.Lines.ToString(), given);
                    given = "";
                    break;
                default:
                    given = "";
                    break;
            }
        }
    }
}

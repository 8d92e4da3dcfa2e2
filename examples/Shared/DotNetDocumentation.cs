using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MLNet.Dispersion.Examples;

/// <summary>English text that every .NET SDK brings along: the documentation of the class library, for those who bring no text of their own.</summary>
internal static partial class DotNetDocumentation
{
    private const int ShortestSentence = 30;

    /// <summary>What the report calls it.</summary>
    public static string Name => "the .NET class library's documentation";

    /// <summary>One text for each type: what is said of it and of its members, each sentence once.</summary>
    /// <exception cref="UserException">This SDK has none.</exception>
    public static IReadOnlyList<string> Texts()
    {
        string packs = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref");
        string? newest = Directory.Exists(packs) ? Directory.GetDirectories(packs).OrderBy(folder => Version.TryParse(Path.GetFileName(folder), out Version? version) ? version : new Version()).LastOrDefault() : null;
        string[] files = newest is null ? [] : [.. Directory.GetFiles(newest, "*.xml", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        var said = new HashSet<string>(StringComparer.Ordinal);
        string[] texts = [.. files.SelectMany(file => TextsOf(file, said))];
        return texts.Length > 0 ? texts : throw new UserException($"This .NET SDK has no documentation in {Path.GetFullPath(packs)}; bring text with --texts.");
    }

    private static IEnumerable<string> TextsOf(string file, HashSet<string> said) =>
        from member in XDocument.Load(file).Descendants("member")
        let name = (string?)member.Attribute("name") ?? string.Empty
        group member by TypeOf(name) into type
        let sentences = type.SelectMany(member => member.Elements()).Select(Plain).Where(sentence => sentence.Length >= ShortestSentence && said.Add(sentence)).ToArray()
        where sentences.Length > 0
        select string.Join("\n\n", sentences);

    /// <summary>The type in a documentation name such as <c>M:System.String.Join(System.Char)</c>.</summary>
    private static string TypeOf(string name)
    {
        string path = name.Split('(')[0];
        int dot = path.LastIndexOf('.');
        return path.StartsWith('T') || dot < 0 ? path[(path.IndexOf(':') + 1)..] : path[(path.IndexOf(':') + 1)..dot];
    }

    private static string Plain(XElement element)
    {
        foreach (XElement reference in element.Descendants().Where(part => part.IsEmpty).ToArray())
        {
            string target = (string?)reference.Attribute("cref") ?? (string?)reference.Attribute("name") ?? (string?)reference.Attribute("langword") ?? string.Empty;
            reference.ReplaceWith(new XText(target.Split('(')[0].Split('.', ':')[^1]));
        }

        return Blanks().Replace(element.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}

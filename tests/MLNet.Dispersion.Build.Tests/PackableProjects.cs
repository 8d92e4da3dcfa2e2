using System.Text.Json;
using System.Xml.Linq;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>What the project files of this repository say of the packages made from them.</summary>
internal static class PackableProjects
{
    private static readonly Lazy<IReadOnlyDictionary<string, string>> CentralVersions = new(ReadCentralVersions);

    /// <summary>The packages' names, which are those of their projects.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(Checkout.Folder, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(IsPackable)
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Those that hold code compiled in advance.</summary>
    public static IReadOnlyList<string> ReadyToRun { get; } = [.. Names.Where(name => Says(XDocument.Load(PathOf(name)).Root!, "PackReadyToRun"))];

    /// <summary>The path of a package's project.</summary>
    public static string PathOf(string package) => Path.Combine(Checkout.Folder, "src", package, $"{package}.csproj");

    /// <summary>The packages that a project says it needs, with the versions that it asks for; those for its own build alone are not among them.</summary>
    /// <param name="package">A package of this repository.</param>
    /// <param name="ownVersion">The version of all packages of this repository.</param>
    public static IReadOnlyDictionary<string, string> Dependencies(string package, string ownVersion)
    {
        XElement project = XDocument.Load(PathOf(package)).Root!;
        IEnumerable<(string Name, string Version)> packages = Included(project, "PackageReference").Select(name => (name, CentralVersions.Value[name]));
        IEnumerable<(string Name, string Version)> projects = Included(project, "ProjectReference").Select(path => (Path.GetFileNameWithoutExtension(path), ownVersion));
        return packages.Concat(projects).ToDictionary(dependency => dependency.Name, dependency => Normalised(dependency.Version));
    }

    /// <summary>A version or a range with three numbers and without blanks, so that two spellings can be compared.</summary>
    public static string Normalised(string range) => string.Concat(range.Split([',']).Select((part, i) => (i > 0 ? "," : "") + Padded(part.Trim())));

    private static string Padded(string part)
    {
        string number = part.Trim('[', ']', '(', ')');
        return number.Length == 0 ? part : part.Replace(number, number + string.Concat(Enumerable.Repeat(".0", 2 - number.Count(c => c == '.'))), StringComparison.Ordinal);
    }

    // A tool's package is nobody's dependency, is made for one platform at a time and has tests of its own.
    private static bool IsPackable(string file)
    {
        XElement root = XDocument.Load(file).Root!;
        return Says(root, "IsPackable") && !Says(root, "PackAsTool");
    }

    private static bool Says(XElement project, string property) => project.Descendants(property).Any(element => element.Value == "true");

    private static IEnumerable<string> Included(XElement project, string kind) => project.Descendants(kind)
        .Where(item => (string?)item.Attribute("PrivateAssets") != "all" && (string?)item.Attribute("ReferenceOutputAssembly") != "false")
        .Select(item => ((string)item.Attribute("Include")!).Replace('\\', '/'));

    private static Dictionary<string, string> ReadCentralVersions()
    {
        string json = DotnetCommand.Run(Checkout.Folder, "msbuild", PathOf(Names[0]), "-getItem:PackageVersion", "-nologo");
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("Items").GetProperty("PackageVersion").EnumerateArray()
            .ToDictionary(item => item.GetProperty("Identity").GetString()!, item => item.GetProperty("Version").GetString()!);
    }
}

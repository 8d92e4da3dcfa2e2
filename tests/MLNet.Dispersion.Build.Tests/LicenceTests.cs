using System.Text.RegularExpressions;
using System.Xml.Linq;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>THIRD-PARTY-NOTICES.md names everything that our packages bring into an application, each with the licence that its package states.</summary>
[Trait("Category", "Packaging")]
public sealed partial class LicenceTests
{
    // What an application under a licence of any kind can ship.
    private static readonly string[] Permissive = ["MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "PostgreSQL", "ISC", "Unlicense"];

    public static TheoryData<string> Packages() => [.. PackableProjects.Names];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Notices_EachDependencyOfEachPackage_StandsThereWithItsLicence(string package)
    {
        Dictionary<string, string> noted = Noted();

        Assert.All(Restored(package), dependency =>
        {
            Assert.True(noted.TryGetValue(dependency.Name, out string? licence), $"{dependency.Name} is not in THIRD-PARTY-NOTICES.md; its package says {dependency.Licence ?? "nothing by name"}.");
            Assert.Contains(licence, Permissive);
            Assert.Equal(dependency.Licence ?? licence, licence);
        });
    }

    private static Dictionary<string, string> Noted() => Row().Matches(File.ReadAllText(Path.Combine(Checkout.Folder, "THIRD-PARTY-NOTICES.md")))
        .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

    private static IEnumerable<(string Name, string? Licence)> Restored(string package) => RestoredLibraries.Of(Path.Combine(Checkout.Folder, "src", package))
        .Where(library => library.Folder is not null)
        .Select(library => (library.Name, LicenceIn(library.Folder!)));

    /// <summary>The licence that a package names; null where it gives a page or a file.</summary>
    private static string? LicenceIn(string folder)
    {
        XElement root = XDocument.Load(Directory.GetFiles(folder, "*.nuspec").Single()).Root!;
        XElement? licence = root.Descendants().FirstOrDefault(element => element.Name.LocalName == "license");
        return (string?)licence?.Attribute("type") == "expression" ? licence!.Value : null;
    }

    [GeneratedRegex(@"^\| ([A-Za-z0-9_.]+) \| ([A-Za-z0-9.-]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}

using System.Xml.Linq;

namespace MLNet.Dispersion.Build.Tests;

[Collection(PackagesDefinition.Name)]
[Trait("Category", "Packaging")]
public sealed class PackageContentTests(PackedPackages packages)
{
    public static TheoryData<string> Packages() => [.. PackableProjects.Names];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Pack_EachPackage_DependsOnWhatItsProjectNamesAndOnNothingElse(string package)
    {
        Dictionary<string, string> written = Dependencies(package).ToDictionary(
            element => (string)element.Attribute("id")!, element => PackableProjects.Normalised((string)element.Attribute("version")!));

        Assert.Equal(PackableProjects.Dependencies(package, packages.Version).OrderBy(pair => pair.Key), written.OrderBy(pair => pair.Key));
        Assert.All(written.Keys.Where(name => name.StartsWith("MLNet.Dispersion", StringComparison.Ordinal)), name => Assert.Contains(name, PackableProjects.Names));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Pack_EachPackage_IsForDotNet10Alone(string package) =>
        Assert.Equal(["net10.0"], packages.Metadata(package).Descendants("group").Select(group => (string)group.Attribute("targetFramework")!).Distinct());

    [Theory]
    [MemberData(nameof(Packages))]
    public void Pack_EachPackage_HasReadmeLicenceDocumentationAndSymbols(string package)
    {
        XElement metadata = packages.Metadata(package);
        IReadOnlyList<string> entries = packages.Entries(package);

        Assert.Equal("PACKAGE.md", (string)metadata.Element("readme")!);
        Assert.Equal("MIT", (string)metadata.Element("license")!);
        Assert.NotEmpty((string)metadata.Element("description")!);
        Assert.Contains("PACKAGE.md", entries);
        Assert.Contains($"lib/net10.0/{package}.dll", entries);
        Assert.Contains($"lib/net10.0/{package}.xml", entries);
        Assert.True(File.Exists(packages.PathOf(package, "snupkg")));
    }

    [Fact]
    public void Pack_Core_ShipsTheBuildStep() => Assert.Superset(
        new HashSet<string>
        {
            "buildTransitive/MLNet.Dispersion.Core.targets", "buildTransitive/MLNet.Dispersion.NativeSymbols.targets", "tools/MLNet.Dispersion.Build.dll", "tools/MLNet.Dispersion.Build.runtimeconfig.json",
        },
        packages.Entries("MLNet.Dispersion.Core").ToHashSet());

    [Fact]
    public void Pack_Plots_ShipsTheLicenceOfItsFontsAndLeavesMLNetAlone()
    {
        Assert.Superset(new HashSet<string> { "LICENSE-DejaVu.txt", "THIRD-PARTY-NOTICES.md" }, packages.Entries("MLNet.Dispersion.Plots").ToHashSet());
        string[] names = [.. Dependencies("MLNet.Dispersion.Plots").Select(element => (string)element.Attribute("id")!)];
        Assert.Contains("MLNet.Dispersion.Core", names);
        Assert.Contains("ScottPlot", names);
        Assert.DoesNotContain("Microsoft.ML", names);
    }

    [Fact]
    public void Pack_Studies_BringsNeitherMLNetNorTorchNorAServersClient()
    {
        string[] names = [.. Dependencies("MLNet.Dispersion.Studies").Select(element => (string)element.Attribute("id")!)];

        Assert.Equal(["Microsoft.Data.Sqlite", "Polly.Core"], names.Order());
        Assert.Contains("Npgsql", Dependencies("MLNet.Dispersion.Studies.PostgreSql").Select(element => (string)element.Attribute("id")!));
        Assert.DoesNotContain("MLNet.Dispersion.Studies.PostgreSql", Dependencies("MLNet.Dispersion.Search").Select(element => (string)element.Attribute("id")!));
    }

    [Fact]
    public void Pack_MLNetFace_HoldsMicrosoftMLToTheVersionsItKnows()
    {
        XElement dependency = Dependencies("MLNet.Dispersion").Single(element => (string)element.Attribute("id")! == "Microsoft.ML");

        Assert.Equal("[5.0.1, 6.0.0)", (string)dependency.Attribute("version")!);
    }

    [Fact]
    public void Pack_Core_DependsOnTorchSharp() =>
        Assert.Contains("TorchSharp", Dependencies("MLNet.Dispersion.Core").Select(element => (string)element.Attribute("id")!));

    [Theory]
    [MemberData(nameof(Packages))]
    public void Pack_EachPackage_BringsNeitherNativeLibTorchNorTheToolAsDependency(string package)
    {
        string[] names = [.. Dependencies(package).Select(element => (string)element.Attribute("id")!)];

        Assert.DoesNotContain(names, name => name.StartsWith("libtorch", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(names, name => name.StartsWith("TorchSharp-", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("MLNet.Dispersion.Build", names);
    }

    private IEnumerable<XElement> Dependencies(string package) => packages.Metadata(package).Descendants("dependency");
}

using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text.Json;
using System.Xml.Linq;

namespace MLNet.Dispersion.Build.Tests;

[Trait("Category", "Long")]
public sealed class ReleasePackagesTests(ReleasePackages packages) : IClassFixture<ReleasePackages>
{
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    [SkippableFact]
    public void Pack_TwiceFromOneCommit_GivesTheSameBytes()
    {
        string[] first = Made(packages.First, "*.*nupkg"), second = Made(packages.Second, "*.*nupkg");

        Assert.Equal(first.Select(Path.GetFileName), second.Select(Path.GetFileName));
        Assert.Equal(2 * PackableProjects.Names.Count, first.Length);
        Assert.All(first.Zip(second), pair => Assert.True(
            File.ReadAllBytes(pair.First).AsSpan().SequenceEqual(File.ReadAllBytes(pair.Second)),
            $"{Path.GetFileName(pair.First)} differs: {string.Join(", ", Differences(pair.First, pair.Second))}"));
    }

    [SkippableFact]
    public void Symbols_EachFileOfEachAssembly_IsFoundAtItsCommitOrInThem()
    {
        string[] made = Made(packages.First, "*.snupkg");

        Assert.All(made, path =>
        {
            using ZipArchive archive = ZipFile.OpenRead(path);
            ZipArchiveEntry[] symbols = [.. archive.Entries.Where(entry => entry.Name.EndsWith(".pdb", StringComparison.Ordinal))];
            Assert.NotEmpty(symbols);
            Assert.All(symbols, AssertLeadsToTheSources);
        });
    }

    [SkippableFact]
    public void Specification_OfEachPackage_NamesTheRepositoryAndItsCommit() => Assert.All(Made(packages.First, "*.nupkg"), path =>
    {
        using ZipArchive archive = ZipFile.OpenRead(path);
        using Stream stream = archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        XElement repository = XDocument.Load(stream).Descendants().Single(element => element.Name.LocalName == "repository");
        Assert.Equal("git", (string)repository.Attribute("type")!);
        Assert.Equal(ReleasePackages.Repository, ((string)repository.Attribute("url")!).Replace(".git", "", StringComparison.Ordinal));
        Assert.Equal(packages.Commit, (string)repository.Attribute("commit")!);
    });

    [SkippableFact]
    public void Bill_OfEachPackage_NamesEachDependencyWithItsVersion()
    {
        Made(packages.First, "*.nupkg");
        packages.PackWithBill();

        Assert.All(PackableProjects.Names, package =>
        {
            string path = Directory.GetFiles(ReleasePackages.Feed(packages.First!, bill: true), $"{package}.*.nupkg").Single(path => char.IsAsciiDigit(Path.GetFileName(path)[package.Length + 1]));
            using ZipArchive archive = ZipFile.OpenRead(path);
            using Stream stream = archive.GetEntry("sbom/bom.json")!.Open();
            using JsonDocument bill = JsonDocument.Parse(stream);
            HashSet<string> named = bill.RootElement.TryGetProperty("components", out JsonElement components)
                ? [.. components.EnumerateArray().Select(component => $"{component.GetProperty("name").GetString()} {component.GetProperty("version").GetString()}")]
                : [];
            Assert.Equal("CycloneDX", bill.RootElement.GetProperty("bomFormat").GetString());
            Assert.Equal(package, bill.RootElement.GetProperty("metadata").GetProperty("component").GetProperty("name").GetString());
            Assert.Superset(RestoredLibraries.Of(Path.Combine(packages.First!, "src", package)).Select(library => $"{library.Name} {library.Version}").ToHashSet(), named);
        });
    }

    private static string[] Made(string? folder, string pattern)
    {
        Skip.If(folder is null, "this checkout is no git repository");
        return [.. Directory.GetFiles(ReleasePackages.Feed(folder!), pattern).Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Differences(string first, string second)
    {
        using ZipArchive one = ZipFile.OpenRead(first), other = ZipFile.OpenRead(second);
        Dictionary<string, string> theirs = other.Entries.ToDictionary(entry => entry.FullName, Said);
        return [.. one.Entries.Where(entry => !theirs.TryGetValue(entry.FullName, out string? said) || said != Said(entry)).Select(entry => entry.FullName)];
    }

    private static string Said(ZipArchiveEntry entry) => $"{entry.Crc32:x8} {entry.Length} {entry.LastWriteTime:O}";

    private void AssertLeadsToTheSources(ZipArchiveEntry entry)
    {
        using var bytes = new MemoryStream();
        using (Stream stream = entry.Open())
        {
            stream.CopyTo(bytes);
        }

        bytes.Position = 0;
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(bytes);
        MetadataReader reader = provider.GetMetadataReader();
        using JsonDocument link = JsonDocument.Parse(Custom(reader, EntityHandle.ModuleDefinition, SourceLink) ?? throw new InvalidDataException($"{entry.FullName} has no source link."));
        (string Start, string Url)[] places = [.. link.RootElement.GetProperty("documents").EnumerateObject().Select(document => (document.Name.TrimEnd('*'), document.Value.GetString()!))];
        Assert.All(places, place => Assert.Equal($"{ReleasePackages.Repository.Replace("github.com", "raw.githubusercontent.com", StringComparison.Ordinal)}/{packages.Commit}/*", place.Url));
        Assert.All(reader.Documents, handle =>
        {
            string name = reader.GetString(reader.GetDocument(handle).Name);
            Assert.True(
                (places.Any(place => name.StartsWith(place.Start, StringComparison.Ordinal) && File.Exists(Path.Combine(packages.First!, name[place.Start.Length..]))) && !name.Contains("/obj/", StringComparison.Ordinal)) || Custom(reader, handle, EmbeddedSource) is not null,
                $"{entry.FullName}: {name} is nowhere to be found.");
        });
    }

    private static byte[]? Custom(MetadataReader reader, EntityHandle parent, Guid kind) => reader.GetCustomDebugInformation(parent)
        .Select(handle => reader.GetCustomDebugInformation(handle))
        .Where(information => reader.GetGuid(information.Kind) == kind)
        .Select(information => reader.GetBlobBytes(information.Value))
        .FirstOrDefault();
}

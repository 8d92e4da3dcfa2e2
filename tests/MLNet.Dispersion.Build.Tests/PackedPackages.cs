using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>The NuGet packages of this repository, packed once into a folder that serves as a feed.</summary>
public sealed class PackedPackages : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Packs what this test run's build has built.</summary>
    public PackedPackages()
    {
        string configuration = typeof(PackedPackages).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        string projects = string.Join(';', PackableProjects.Names.Select(PackableProjects.PathOf));
        File.WriteAllText(_folder.File("pack.proj"), $"""
            <Project>
              <Target Name="Pack">
                <MSBuild Projects="{projects}" Targets="Pack" BuildInParallel="true" Properties="NoBuild=true;Configuration={configuration};PackageOutputPath={Feed}" />
              </Target>
            </Project>
            """);
        DotnetCommand.Run(Checkout.Folder, "msbuild", _folder.File("pack.proj"), "-t:Pack", "-m", "-v:quiet", "-nologo");
    }

    /// <summary>The folder that holds them.</summary>
    public string Feed => _folder.File("feed");

    /// <summary>The packages' common version.</summary>
    public string Version => (string)Metadata("MLNet.Dispersion.Core").Element("version")!;

    /// <summary>The names of the files in a package.</summary>
    public IReadOnlyList<string> Entries(string package)
    {
        using ZipArchive archive = ZipFile.OpenRead(PathOf(package, "nupkg"));
        return [.. archive.Entries.Select(entry => entry.FullName)];
    }

    /// <summary>A file in a package.</summary>
    public byte[] Content(string package, string entry)
    {
        using ZipArchive archive = ZipFile.OpenRead(PathOf(package, "nupkg"));
        using Stream stream = archive.GetEntry(entry)!.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>The metadata element of a package's specification, its names without the namespace, which differs from package to package.</summary>
    public XElement Metadata(string package)
    {
        using ZipArchive archive = ZipFile.OpenRead(PathOf(package, "nupkg"));
        using Stream stream = archive.GetEntry($"{package}.nuspec")!.Open();
        XElement root = XDocument.Load(stream).Root!;
        foreach (XElement element in root.DescendantsAndSelf())
        {
            element.Name = element.Name.LocalName;
        }

        return root.Element("metadata")!;
    }

    /// <summary>The path of a package; its version begins with a digit, unlike the rest of a longer name.</summary>
    public string PathOf(string package, string extension) => Directory.GetFiles(Feed, $"{package}.*.{extension}")
        .Single(path => char.IsAsciiDigit(Path.GetFileName(path)[package.Length + 1]));

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}

using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>The NuGet packages of this repository, packed once into a folder that serves as a feed.</summary>
public sealed class PackedPackages : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Packs what this test run's build has built.</summary>
    public PackedPackages()
    {
        string configuration = typeof(PackedPackages).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        foreach (string name in Names)
        {
            string project = Path.Combine(Repository(), "src", name, $"{name}.csproj");
            DotnetCommand.Run(Repository(), "pack", project, "--no-build", "-c", configuration, "-o", Feed, "-v", "quiet");
        }
    }

    /// <summary>The packages' names.</summary>
    public static IReadOnlyList<string> Names { get; } = 
    [
        "MLNet.Dispersion.Core", "MLNet.Dispersion.TinyEnglish", "MLNet.Dispersion", "MLNet.Dispersion.Plots",
        "MLNet.Dispersion.Studies", "MLNet.Dispersion.PostgreSql", "MLNet.Dispersion.Search",
    ];

    /// <summary>The folder that holds them.</summary>
    public string Feed => _folder.File("feed");

    /// <summary>The packages' common version.</summary>
    public string Version => (string)Metadata("MLNet.Dispersion.Core").Element(Name("version"))!;

    /// <summary>An element name in the namespace of package specifications.</summary>
    public static XName Name(string name) => XName.Get(name, "http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd");

    /// <summary>The names of the files in a package.</summary>
    public IReadOnlyList<string> Entries(string package)
    {
        using ZipArchive archive = ZipFile.OpenRead(PathOf(package, "nupkg"));
        return [.. archive.Entries.Select(entry => entry.FullName)];
    }

    /// <summary>The metadata element of a package's specification.</summary>
    public XElement Metadata(string package)
    {
        using ZipArchive archive = ZipFile.OpenRead(PathOf(package, "nupkg"));
        using Stream stream = archive.GetEntry($"{package}.nuspec")!.Open();
        return XDocument.Load(stream).Root!.Element(Name("metadata"))!;
    }

    /// <summary>The path of a package; its version begins with a digit, unlike the rest of a longer name.</summary>
    public string PathOf(string package, string extension) => Directory.GetFiles(Feed, $"{package}.*.{extension}")
        .Single(path => char.IsAsciiDigit(Path.GetFileName(path)[package.Length + 1]));

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private static string Repository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MLNet.Dispersion.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"no MLNet.Dispersion.sln above {AppContext.BaseDirectory}");
        }

        return folder.FullName;
    }
}

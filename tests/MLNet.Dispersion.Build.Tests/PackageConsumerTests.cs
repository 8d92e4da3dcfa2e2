using System.Reflection;
using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>A user's application, outside this repository, made from the packages alone.</summary>
[Collection(PackagesDefinition.Name)]
[Trait("Category", "Packaging")]
public sealed class PackageConsumerTests(PackedPackages packages) : IDisposable
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Said = "no longer insists on";
    private readonly TemporaryFolder _application = new();

    public void Dispose() => _application.Dispose();

    [SkippableFact]
    public void BuildAndPublish_ApplicationOutsideTheRepository_ComputesWithTorch()
    {
        string cached = Path.Combine(CachedPackages(), "torchsharp", TorchSharpVersion(), "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        Skip.IfNot(
            OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64
            && File.Exists(cached) && File.Exists(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libtorch.so")),
            "this is not Linux x64, or TorchBackend is none");
        bool lacking = !SystemLibrary.Provides("libstdc++.so.6", Version, machine: 62);
        string libTorch = typeof(PackageConsumerTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "LibTorchVersion").Value!;
        WriteApplication(Reference("MLNet.Dispersion"), Reference("libtorch-cpu-linux-x64", libTorch));

        string first = DotnetCommand.Run(_application.Path, "build", "-c", "Release", "-o", "out");
        string second = DotnetCommand.Run(_application.Path, "build", "-c", "Release", "-o", "out");
        string ran = DotnetCommand.Run(_application.Path, Path.Combine("out", "App.dll"));

        Assert.Equal(lacking, first.Contains(Said, StringComparison.Ordinal));
        Assert.DoesNotContain(Said, second, StringComparison.Ordinal);
        Assert.Equal("sum 12", ran.Trim());

        string published = DotnetCommand.Run(_application.Path, "publish", "-c", "Release", "-o", "published");
        string ranPublished = DotnetCommand.Run(_application.Path, Path.Combine("published", "App.dll"));

        Assert.Equal(lacking, published.Contains($"published/runtimes/linux-x64/native/libLibTorchSharp.so {Said}", StringComparison.Ordinal));
        Assert.Equal("sum 12", ranPublished.Trim());
        Assert.DoesNotContain("MLND004", first, StringComparison.Ordinal);
        Assert.Empty(NativeSymbols("out"));
        Assert.Empty(NativeSymbols("published"));

        // The outputs were hard-linked to the package cache, which must stay as it was.
        Assert.False(ElfSymbolVersions.ReadNeeds(File.ReadAllBytes(cached)).Single(need => need.Version == Version).IsWeak);
    }

    [Fact]
    public void Build_WhereNewerSkiaSharpHasSymbols_LeavesThemOutUnlessTheyAreWanted()
    {
        const string version = "999.0.0";
        string[] natives = ["SkiaSharp.NativeAssets.Win32", "HarfBuzzSharp.NativeAssets.Win32"];
        foreach (string package in natives)
        {
            StandInPackage.Write(packages.Feed, package, version, "runtimes/win-x64/native/native.dll", $"runtimes/win-x64/native/{package}.pdb");
        }

        WriteApplication([Reference("MLNet.Dispersion.Plots"), .. natives.Select(package => Reference(package, version))]);

        DotnetCommand.Run(_application.Path, "build", "-c", "Release", "-o", "out");
        DotnetCommand.Run(_application.Path, "publish", "-c", "Release", "-r", "win-x64", "--self-contained", "false", "-p:UseAppHost=false", "-o", "published");
        DotnetCommand.Run(_application.Path, "build", "-c", "Release", "-o", "kept", "-p:MLNetDispersionKeepNativeSymbols=true");

        Assert.True(File.Exists(_application.File("out/runtimes/win-x64/native/native.dll")));
        Assert.Empty(NativeSymbols("out"));
        Assert.True(File.Exists(_application.File("published/native.dll")));
        Assert.Empty(NativeSymbols("published"));
        Assert.All(["out", "published"], folder => Assert.DoesNotContain(".pdb", File.ReadAllText(_application.File($"{folder}/App.deps.json")), StringComparison.Ordinal));
        Assert.Equal(natives.Select(package => $"{package}.pdb").Order(), NativeSymbols("kept").Order());
    }

    [Fact]
    public void Build_BesideMicrosoftMLTorchSharp_WarnsUnlessToldNotTo()
    {
        WriteApplication(Reference("MLNet.Dispersion.Plots"), Reference("Microsoft.ML.TorchSharp", "0.23.1"));

        string told = DotnetCommand.Run(_application.Path, "build", "-c", "Release", "-o", "out");
        string quiet = DotnetCommand.Run(_application.Path, "build", "-c", "Release", "-o", "out", "-p:MLNetDispersionWarnOfMicrosoftMLTorchSharp=false");

        Assert.Contains("warning MLND004", told, StringComparison.Ordinal);
        Assert.Contains("Tensor invalid -- empty handle", told, StringComparison.Ordinal);
        Assert.DoesNotContain("MLND004", quiet, StringComparison.Ordinal);
    }

    private static string Reference(string package, string version) => $"<PackageReference Include=\"{package}\" Version=\"{version}\" />";

    private string Reference(string package) => Reference(package, packages.Version);

    /// <summary>The names of debug symbols in a folder of the application, except its own and those of our assemblies.</summary>
    private string[] NativeSymbols(string folder) =>
    [
        .. Directory.EnumerateFiles(_application.File(folder), "*.pdb", SearchOption.AllDirectories)
            .Select(path => Path.GetFileName(path))
            .Where(name => name != "App.pdb" && !name.StartsWith("MLNet.Dispersion", StringComparison.Ordinal)),
    ];

    private void WriteApplication(params string[] references)
    {
        foreach (string name in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
        {
            File.WriteAllText(_application.File(name), "<Project />");
        }

        // Our packages go to a folder of the test's own; everything else is taken from the cache where it lies.
        File.WriteAllText(_application.File("App.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <NuGetAudit>false</NuGetAudit>
                <RestoreAdditionalProjectSources>{packages.Feed}</RestoreAdditionalProjectSources>
                <RestorePackagesPath>{_application.File("packages")}</RestorePackagesPath>
                <RestoreFallbackFolders>{CachedPackages()}</RestoreFallbackFolders>
                <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
                <CreateHardLinksForPublishFilesIfPossible>true</CreateHardLinksForPublishFilesIfPossible>
              </PropertyGroup>
              <ItemGroup>
                {string.Join(Environment.NewLine, references)}
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(_application.File("Program.cs"), """
            using MLNet.Dispersion;
            using TorchSharp;

            TorchRuntime.EnsureLoaded();
            using var ones = torch.ones(2, 3);
            using var product = ones.mm(ones.t());
            Console.WriteLine($"sum {product.sum().item<float>()}");
            """);
    }

    private static string CachedPackages() => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static string TorchSharpVersion() => typeof(TorchSharp.torch).Assembly.GetName().Version!.ToString(3);
}

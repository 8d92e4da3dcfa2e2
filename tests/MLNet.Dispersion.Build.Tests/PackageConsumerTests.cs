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
        WriteApplication();

        string first = DotnetCommand.Run(_application.FullName, "build", "-c", "Release", "-o", "out");
        string second = DotnetCommand.Run(_application.FullName, "build", "-c", "Release", "-o", "out");
        string ran = DotnetCommand.Run(_application.FullName, Path.Combine("out", "App.dll"));

        Assert.Equal(lacking, first.Contains(Said, StringComparison.Ordinal));
        Assert.DoesNotContain(Said, second, StringComparison.Ordinal);
        Assert.Equal("sum 12", ran.Trim());

        string published = DotnetCommand.Run(_application.FullName, "publish", "-c", "Release", "-o", "published");
        string ranPublished = DotnetCommand.Run(_application.FullName, Path.Combine("published", "App.dll"));

        Assert.Equal(lacking, published.Contains($"published/runtimes/linux-x64/native/libLibTorchSharp.so {Said}", StringComparison.Ordinal));
        Assert.Equal("sum 12", ranPublished.Trim());

        // The outputs were hard-linked to the package cache, which must stay as it was.
        Assert.False(ElfSymbolVersions.ReadNeeds(File.ReadAllBytes(cached)).Single(need => need.Version == Version).IsWeak);
    }

    private void WriteApplication()
    {
        string libTorch = typeof(PackageConsumerTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "LibTorchVersion").Value!;
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
                <PackageReference Include="MLNet.Dispersion" Version="{packages.Version}" />
                <PackageReference Include="libtorch-cpu-linux-x64" Version="{libTorch}" />
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(_application.File("Program.cs"), """
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

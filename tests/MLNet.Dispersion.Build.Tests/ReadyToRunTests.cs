using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>The code that packages hold for some platforms, compiled in advance.</summary>
[Collection(PackagesDefinition.Name)]
[Trait("Category", "Packaging")]
public sealed class ReadyToRunTests(PackedPackages packages) : IDisposable
{
    private const string Text = "MLNet.Dispersion.Text";

    // What the format says of each: the processor's number, with that of the system folded in.
    private static readonly Dictionary<string, Machine> Platforms = new()
    {
        ["linux-x64"] = (Machine)((int)Machine.Amd64 ^ 0x7B79),
        ["linux-arm64"] = (Machine)((int)Machine.Arm64 ^ 0x7B79),
        ["win-x64"] = Machine.Amd64,
        ["osx-arm64"] = (Machine)((int)Machine.Arm64 ^ 0x4644),
    };

    private readonly TemporaryFolder _application = new();

    public static TheoryData<string> Packages() => [.. PackableProjects.ReadyToRun];

    public void Dispose() => _application.Dispose();

    [Fact]
    public void Pack_Tokenizers_AreCompiledInAdvanceWithAllThatTheyLoad() =>
        Assert.Superset(new HashSet<string> { Text, "MLNet.Dispersion.Files" }, PackableProjects.ReadyToRun.ToHashSet());

    [Theory]
    [MemberData(nameof(Packages))]
    public void Pack_WithCodeOfPlatforms_HoldsTheSameAssemblyForEach(string package)
    {
        string file = $"{package}.dll";
        AssemblyImage portable = AssemblyImage.Read(packages.Content(package, $"lib/net10.0/{file}"));

        Assert.False(portable.IsReadyToRun);
        Assert.Equal(Platforms.Keys.Select(platform => $"runtimes/{platform}/lib/net10.0/{file}").Order(), packages.Entries(package).Where(entry => entry.StartsWith("runtimes/", StringComparison.Ordinal)).Order());
        Assert.All(Platforms, platform => Assert.Equal(
            portable with { IsReadyToRun = true, Machine = platform.Value },
            AssemblyImage.Read(packages.Content(package, $"runtimes/{platform.Key}/lib/net10.0/{file}"))));
    }

    /// <summary>Into an empty cache, as at a user's.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public void Run_InANewApplication_LoadsTheCodeOfItsPlatform()
    {
        WriteApplication();
        string platform = RuntimeInformation.RuntimeIdentifier;
        bool isKnown = Platforms.ContainsKey(platform);

        DotnetCommand.Run(_application.Path, "build", "-c", "Release", "-o", "any");
        (string Path, bool IsReadyToRun) any = Loaded("any");
        Assert.Equal(_application.File(isKnown ? $"any/runtimes/{platform}/lib/net10.0/{Text}.dll" : $"any/{Text}.dll"), any.Path);
        Assert.Equal(isKnown, any.IsReadyToRun);
        Assert.Equal(Platforms.Keys.Order(), RuntimeTargets("any").Order());

        DotnetCommand.Run(_application.Path, "build", "-c", "Release", "-r", platform, "--self-contained", "false", "-o", "one");
        Assert.Equal((_application.File($"one/{Text}.dll"), isKnown), Loaded("one"));

        foreach ((string other, Machine machine) in Platforms)
        {
            DotnetCommand.Run(_application.Path, "build", "-c", "Release", "-r", other, "--self-contained", "false", "-p:UseAppHost=false", "-o", other);
            AssemblyImage image = AssemblyImage.Read(File.ReadAllBytes(_application.File($"{other}/{Text}.dll")));
            Assert.Equal((true, machine), (image.IsReadyToRun, image.Machine));
        }

        DotnetCommand.Run(_application.Path, "build", "-c", "Release", "-r", "win-arm64", "--self-contained", "false", "-p:UseAppHost=false", "-o", "portable");
        Assert.False(AssemblyImage.Read(File.ReadAllBytes(_application.File($"portable/{Text}.dll"))).IsReadyToRun);
    }

    /// <summary>Where the application in a folder has the tokenizers' assembly from, and whether it holds code of the platform.</summary>
    private (string Path, bool IsReadyToRun) Loaded(string folder)
    {
        string path = DotnetCommand.Run(_application.Path, Path.Combine(folder, "App.dll")).Trim();
        return (path, AssemblyImage.Read(File.ReadAllBytes(path)).IsReadyToRun);
    }

    /// <summary>The platforms that an application's list of files names for the tokenizers' assembly.</summary>
    private IEnumerable<string> RuntimeTargets(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(_application.File($"{folder}/App.deps.json")));
        JsonElement target = document.RootElement.GetProperty("targets").EnumerateObject().Single().Value;
        return [.. target.GetProperty($"{Text}/{packages.Version}").GetProperty("runtimeTargets").EnumerateObject().Select(file => file.Value.GetProperty("rid").GetString()!)];
    }

    private void WriteApplication()
    {
        foreach (string name in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
        {
            File.WriteAllText(_application.File(name), "<Project />");
        }

        // The packages of others come from where they were fetched to, as from any feed.
        string feed = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(_application.File("App.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <NuGetAudit>false</NuGetAudit>
                <RestorePackagesPath>{_application.File("packages")}</RestorePackagesPath>
                <RestoreAdditionalProjectSources>{packages.Feed};{feed}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="{Text}" Version="{packages.Version}" />
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(_application.File("Program.cs"), "System.Console.WriteLine(typeof(MLNet.Dispersion.Text.TextTokenizer).Assembly.Location);");
    }
}

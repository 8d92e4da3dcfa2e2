using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>A newcomer's application: the packages from a feed into an empty cache, README's code as it stands, run and published in both ways that need no .NET at the user's.</summary>
[Collection(PackagesDefinition.Name)]
[Trait("Category", "Long")]
public sealed partial class ReadmeApplicationTests(PackedPackages packages) : IDisposable
{
    private const int Rows = 60;
    private readonly TemporaryFolder _application = new();

    public void Dispose() => _application.Dispose();

    [SkippableFact]
    public void Readme_InANewApplication_TrainsSavesAndServes()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64, "this is not Linux x64");
        WriteApplication();

        DotnetCommand.Run(_application.Path, "build", "-c", "Release", "-o", "out");
        AssertServes(_application.File("out/App"));

        DotnetCommand.Run(_application.Path, "publish", "-c", "Release", "-r", "linux-x64", "--self-contained", "-o", "alone");
        AssertServes(_application.File("alone/App"));

        DotnetCommand.Run(_application.Path, "publish", "-c", "Release", "-r", "linux-x64", "--self-contained", "-p:PublishSingleFile=true", "-o", "single");
        Assert.False(File.Exists(_application.File("single/MLNet.Dispersion.dll")));
        AssertServes(_application.File("single/App"));
    }

    private void AssertServes(string program)
    {
        File.Delete(_application.File("model.zip"));
        using Process process = Process.Start(new ProcessStartInfo(program) { WorkingDirectory = _application.Path, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}:\n{output}{errors.Result}");
        Assert.Contains("accuracy 0.", output, StringComparison.Ordinal);
        string[] labels = [.. File.ReadLines(_application.File("tickets.tsv")).Skip(1).Select(line => line.Split('\t')[0]).Distinct()];
        Assert.Contains(output.TrimEnd().Split('\n')[^1], labels);
        Assert.True(File.Exists(_application.File("model.zip")));
    }

    private void WriteApplication()
    {
        foreach (string name in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
        {
            File.WriteAllText(_application.File(name), "<Project />");
        }

        string readme = File.ReadAllText(Path.Combine(Checkout.Folder, "README.md"));
        string code = Code().Match(readme).Groups[1].Value;
        string[] added = [.. Added().Matches(readme).Select(match => $"""<PackageReference Include="{match.Groups[1].Value}" Version="{(match.Groups[2].Success ? match.Groups[2].Value : packages.Version)}" />""")];
        Assert.Equal(2, added.Length);
        File.WriteAllText(_application.File("Program.cs"), code);
        File.WriteAllLines(_application.File("tickets.tsv"), File.ReadLines(Path.Combine(Checkout.Folder, "examples", "QuickStart", "tickets.tsv")).Take(Rows + 1));

        // The cache is this test's own and empty; the packages of others come from where they were fetched to, as from any feed.
        string feed = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(_application.File("App.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <NuGetAudit>false</NuGetAudit>
                <RestorePackagesPath>{_application.File("packages")}</RestorePackagesPath>
                <RestoreAdditionalProjectSources>{packages.Feed};{feed}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup>
                {string.Join(Environment.NewLine, added)}
              </ItemGroup>
            </Project>
            """);
    }

    [GeneratedRegex("```csharp\n(using Microsoft.ML;.*?)```", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"^ +dotnet add package (\S+)(?: --version (\S+))?", RegexOptions.Multiline)]
    private static partial Regex Added();
}

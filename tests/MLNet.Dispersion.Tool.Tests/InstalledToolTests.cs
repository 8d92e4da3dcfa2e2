using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using MLNet.Dispersion.Build.Tests;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tool.Tests;

/// <summary>The tool as users have it: packed, installed from a folder of packages with an empty cache, run from its own files.</summary>
[Trait("Category", "Long")]
public sealed class InstalledToolTests : IDisposable
{
    private const string Platform = "linux-x64";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    private readonly TemporaryFolder _folder = new();

    private string Feed => _folder.File("feed");

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Packed_installed_and_run()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && RuntimeInformation.RuntimeIdentifier.EndsWith("-x64", StringComparison.Ordinal), $"The package of {Platform} is run on its platform alone.");
        Pack("-r", Platform);
        Pack();
        AssertNotices();

        string config = _folder.Write("nuget.config", $"""<configuration><packageSources><clear /><add key="feed" value="{Feed}" /></packageSources></configuration>""");
        var own = new Dictionary<string, string> { ["NUGET_PACKAGES"] = _folder.File("cache"), ["DOTNET_CLI_HOME"] = _folder.File("home") };
        DotnetCommand.Run(_folder.Path, Limit, own, "tool", "install", "mlnet-dispersion", "--tool-path", _folder.File("tools"), "--configfile", config);

        string tickets = Path.Combine(Checkout.Folder, "examples", "QuickStart", "tickets.tsv");
        Assert.Contains("Exit codes:", Run("--help"), StringComparison.Ordinal);
        Assert.Contains("embeddings", Run("diagnose", "--texts", _folder.Write("texts.txt", "The old house stood at the end of the road.", "Nobody had lived there for years.")), StringComparison.Ordinal);
        Run("finetune", tickets, "--max-steps", "2", "--max-tokens", "32", "--out", _folder.File("model.zip"));
        using JsonDocument judged = JsonDocument.Parse(Run("evaluate", _folder.File("model.zip"), tickets, "--json"));
        Assert.InRange(judged.RootElement.GetProperty("figures").GetProperty("accuracy").GetProperty("value").GetDouble(), 0, 1);
    }

    [Fact]
    public void Packed_for_macOS_holds_its_native_libraries_alone()
    {
        Pack("-r", "osx-arm64");

        string[] names = NamesIn("osx-arm64");
        Assert.Superset(new HashSet<string> { "libLibTorchSharp.dylib", "libtorch_cpu.dylib", "libSkiaSharp.dylib", "libe_sqlite3.dylib" }, names.Select(Path.GetFileName).ToHashSet()!);
        Assert.DoesNotContain(names, name => name.EndsWith(".so", StringComparison.Ordinal) || Path.GetFileName(name).Equals("LibTorchSharp.dll", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("LICENSE-LIBTORCH.txt", names);
    }

    [Theory]
    [InlineData("win-x64", "Pack it with -p:TorchSharpVersion=0.106.0")]
    [InlineData("win-arm64", "not made for win-arm64")]
    [InlineData("linux-arm64", "not made for linux-arm64")]
    [InlineData("osx-x64", "not made for osx-x64")]
    public void Packed_where_torch_does_not_load_is_refused(string platform, string word)
    {
        string said = Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Pack("-r", platform)).Message;

        Assert.Contains("error MLND00", said, StringComparison.Ordinal);
        Assert.Contains(word, said, StringComparison.Ordinal);
    }

    private void Pack(params string[] options)
    {
        string configuration = typeof(InstalledToolTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        string project = Path.Combine(Checkout.Folder, "src", "MLNet.Dispersion.Tool", "MLNet.Dispersion.Tool.csproj");
        DotnetCommand.Run(Checkout.Folder, Limit, null, ["pack", project, "-c", configuration, "-o", Feed, "-v", "quiet", "--nologo", .. options]);
    }

    private string[] NamesIn(string platform)
    {
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(Feed, $"mlnet-dispersion.{platform}.*.nupkg").Single());
        return [.. package.Entries.Select(entry => entry.FullName)];
    }

    private void AssertNotices()
    {
        string[] names = NamesIn(Platform);
        Assert.Contains("LICENSE-LIBTORCH.txt", names);
        Assert.Contains("THIRD-PARTY-NOTICES.md", names);
        Assert.DoesNotContain(names, name => name.EndsWith(".dll", StringComparison.Ordinal) && name.Contains("runtimes/win", StringComparison.Ordinal));
    }

    private string Run(params string[] args)
    {
        var start = new ProcessStartInfo(_folder.File("tools/mlnet-dispersion"), args)
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../..")) },
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"mlnet-dispersion {string.Join(' ', args)} ended with {process.ExitCode}:\n{output}{error.Result}");
        return output;
    }
}

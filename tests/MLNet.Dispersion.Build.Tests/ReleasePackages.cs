using System.Diagnostics;
using System.Globalization;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>All packages as a release makes them, twice: the same commit in two folders of other names, each built and packed from nothing.</summary>
public sealed class ReleasePackages : IDisposable
{
    /// <summary>Where the commit says that it comes from.</summary>
    public const string Repository = "https://github.com/example/dispersion";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(25);
    private readonly TemporaryFolder _folder = new();

    /// <summary>Makes them.</summary>
    public ReleasePackages()
    {
        if (!Path.Exists(Path.Combine(Checkout.Folder, ".git")))
        {
            return;
        }

        (First, Second) = (_folder.File("first"), _folder.File(Path.Combine("another", "place")));
        Commit = Commits(First);
        if (Commits(Second) != Commit)
        {
            throw new InvalidOperationException("The two folders hold different commits.");
        }

        Pack(First);
        Pack(Second);
    }

    /// <summary>Gets the first folder's path; null where this checkout is no git repository.</summary>
    public string? First { get; }

    /// <summary>Gets the second folder's path; null as the first.</summary>
    public string? Second { get; }

    /// <summary>Gets the name of the commit.</summary>
    public string? Commit { get; }

    /// <summary>The folder of the packages that one was packed into.</summary>
    public static string Feed(string folder, bool bill = false) => Path.Combine(folder, "artifacts", bill ? "bill" : "plain");

    /// <summary>Packs what was built in the first folder once more, with a bill of materials in each package.</summary>
    public void PackWithBill()
    {
        DotnetCommand.Run(First!, "tool", "restore");
        DotnetCommand.Run(First!, Limit, environment: null, "msbuild", "pack.proj", "-t:Pack", "-v:quiet", "-nologo", $"-p:PackageOutputPath={Feed(First!, bill: true)}/", "-p:NoBuild=true", "-p:Bom=true");
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private static void Pack(string folder)
    {
        // Restored together: restoring one project leaves those out that it refers to.
        IEnumerable<string> all = Directory.EnumerateFiles(Path.Combine(folder, "src"), "*.csproj", SearchOption.AllDirectories).Select(project => $"<Project Path=\"{Path.GetRelativePath(folder, project)}\" />");
        File.WriteAllText(Path.Combine(folder, "all.slnx"), $"<Solution>{string.Concat(all)}</Solution>");
        string projects = string.Join(';', PackableProjects.Names.Select(name => $"src/{name}/{name}.csproj"));
        File.WriteAllText(Path.Combine(folder, "pack.proj"), $"""
            <Project>
              <Target Name="Pack">
                <MSBuild Projects="{projects}" Targets="Pack" BuildInParallel="true" Properties="Configuration=Release;ContinuousIntegrationBuild=true;RunAnalyzers=false" />
              </Target>
            </Project>
            """);
        DotnetCommand.Run(folder, Limit, environment: null, "restore", "all.slnx", "-v", "quiet");
        DotnetCommand.Run(folder, Limit, environment: null, "msbuild", "pack.proj", "-t:Pack", "-m", "-v:quiet", "-nologo", $"-p:PackageOutputPath={Feed(folder)}/");
    }

    /// <summary>Copies what belongs to this checkout's packages, changes that are not committed yet included, and commits it.</summary>
    private static string Commits(string folder)
    {
        string[] names = Git(Checkout.Folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "src", ".config", ".editorconfig", ".gitignore", "Directory.*", "LICENSE", "*.md")
            .Split('\0', StringSplitOptions.RemoveEmptyEntries);
        foreach (string name in names.Where(name => File.Exists(Path.Combine(Checkout.Folder, name))))
        {
            string to = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Path.Combine(Checkout.Folder, name), to);
        }

        Git(folder, "init", "-q");
        Git(folder, "remote", "add", "origin", $"{Repository}.git");
        Git(folder, "-c", "core.autocrlf=false", "add", "--all");
        Git(folder, "-c", "commit.gpgsign=false", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-q", "-m", "all of it");
        return Git(folder, "rev-parse", "HEAD").Trim();
    }

    private static string Git(string folder, params string[] arguments)
    {
        string date = DateTimeOffset.UnixEpoch.AddYears(50).ToString("O", CultureInfo.InvariantCulture);
        using Process process = Process.Start(new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            Environment = { ["GIT_AUTHOR_DATE"] = date, ["GIT_COMMITTER_DATE"] = date },
        })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : throw new InvalidOperationException($"git {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}

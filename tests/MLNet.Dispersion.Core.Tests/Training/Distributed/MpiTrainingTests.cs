using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Tests.Training.Distributed;

/// <summary>Processes that OpenMPI's or MPICH's launcher starts on this machine. Skipped where neither is installed.</summary>
[Trait("Category", "Long")]
public sealed class MpiTrainingTests
{
    private const float Rounding = 2e-5f;

    public static TheoryData<string, int> Jobs => new() { { "openmpi", 2 }, { "openmpi", 4 }, { "mpich", 2 }, { "mpich", 4 } };

    public static TheoryData<string> Launchers => ["openmpi", "mpich"];

    [SkippableTheory]
    [MemberData(nameof(Jobs))]
    public async Task Train_SeveralProcesses_EqualsOneThatAccumulates(string mpi, int count)
    {
        foreach (string kind in new[] { "dispersion=0", "dispersion=0.5", "lora=1" })
        {
            Outcome one = await RunAsync(mpi, 1, kind, $"accumulate={count}");
            Outcome several = await RunAsync(mpi, count, kind, "accumulate=1");

            Assert.Equal((0, 0), (one.Code, several.Code));
            Assert.Equal(count, several.Ranks.Count);
            Assert.All(several.Ranks, rank => Assert.Equal(several.Ranks[0]["weights"], rank["weights"]));
            Assert.All(several.Ranks, rank => Assert.Equal(several.Ranks[0]["validation"], rank["validation"]));
            Assert.InRange(Distance(Weights(one.Ranks[0]), Weights(several.Ranks[0])), 0, Rounding);
            Assert.Equal("8", several.Ranks[0]["told"]);
            Assert.All(several.Ranks.Skip(1), rank => Assert.Equal("0", rank["told"]));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Launchers))]
    public async Task Train_AnotherLibrarysLauncher_IsRefusedOnEveryRank(string mpi)
    {
        string other = Installed(mpi == "openmpi" ? "mpich" : "openmpi").Library;

        Outcome outcome = await RunAsync(mpi, 2, $"library={other}");

        Assert.NotEqual(0, outcome.Code);
        Assert.NotEmpty(outcome.Ranks);
        Assert.All(outcome.Ranks, rank => Assert.Contains("started 2 ranks, but", rank["error"], StringComparison.Ordinal));
    }

    /// <summary>Rank 1 dies, ends, fails or stands still: the others end with its number and the checkpoint, the launcher says that the job failed, and no process is left.</summary>
    [SkippableTheory]
    [InlineData("openmpi", "kill", 4)]
    [InlineData("openmpi", "exit", 2)]
    [InlineData("openmpi", "throw", 2)]
    [InlineData("openmpi", "stop", 2)]
    [InlineData("mpich", "kill", 2)]
    [InlineData("mpich", "throw", 4)]
    [InlineData("mpich", "stop", 2)]
    public async Task Train_ARankIsLost_EndsEverywhereAndGoesOnFromItsCheckpoint(string mpi, string how, int count)
    {
        using var folder = new TemporaryFolder();
        Outcome whole = await RunAsync(mpi, count, "accumulate=1");

        Outcome ended = await RunAsync(mpi, count, "accumulate=1", $"checkpoints={folder.Path}", "limit=15", $"harm={how}@1@5");

        Assert.NotEqual(0, ended.Code);
        if ((mpi, how) != ("mpich", "kill"))
        {
            // MPICH's launcher kills the others at once where one was killed: they come to say nothing.
            Assert.Contains("rank 1 ", ended.Text, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(Path.Combine(folder.Path, "checkpoint-4"), ended.Text, StringComparison.Ordinal);
        }

        Outcome resumed = await RunAsync(mpi, count, "accumulate=1", $"checkpoints={folder.Path}");

        Assert.Equal(0, resumed.Code);
        Assert.All(resumed.Ranks, rank => Assert.Equal("4", rank["from"]));
        Assert.Equal(whole.Ranks[0]["weights"], resumed.Ranks[0]["weights"]);
    }

    [SkippableTheory]
    [MemberData(nameof(Launchers))]
    public async Task Train_OneRankIsCancelled_EndsAllAndGoesOnWithOthers(string mpi)
    {
        using var folder = new TemporaryFolder();
        Outcome ended = await RunAsync(mpi, 4, $"checkpoints={folder.Path}", "harm=cancel@2@3", "dropout=0.2");
        Outcome resumed = await RunAsync(mpi, 2, $"checkpoints={folder.Path}", "dropout=0.2");
        Outcome whole = await RunAsync(mpi, 4, "dropout=0.2");

        Assert.Equal(4, ended.Ranks.Count);
        Assert.All(ended.Ranks, rank => Assert.StartsWith(nameof(OperationCanceledException), rank["error"], StringComparison.Ordinal));
        Assert.All(resumed.Ranks, rank => Assert.Equal("2", rank["from"]));
        Assert.InRange(Distance(Weights(whole.Ranks[0]), Weights(resumed.Ranks[0])), 0, Rounding);
    }

    private static float[] Weights(Dictionary<string, string> rank) => MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(rank["weights"])).ToArray();

    private static double Distance(float[] expected, float[] actual) =>
        Math.Sqrt(expected.Zip(actual).Sum(pair => Math.Pow(pair.First - pair.Second, 2)) / expected.Sum(value => (double)value * value));

    private static (string Launcher, string Library, string[] Options) Installed(string mpi)
    {
        var (launcher, library, options) = mpi == "openmpi"
            ? ("mpirun.openmpi", "libmpi.so.40", new[] { "--allow-run-as-root", "--oversubscribe", "--bind-to", "none" })
            : ("mpiexec.mpich", "libmpich.so.12", []);
        string? path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, launcher)).FirstOrDefault(File.Exists);
        Skip.If(path is null, $"{launcher} is not installed (on Debian: apt-get install {(mpi == "openmpi" ? "openmpi-bin" : "mpich")}).");
        return (path!, library, options);
    }

    private static async Task<Outcome> RunAsync(string mpi, int count, params string[] settings)
    {
        var (launcher, _, options) = Installed(mpi);
        using var output = new TemporaryFolder();
        string program = Path.Combine(AppContext.BaseDirectory, "DistributedTraining.dll");
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string mark = "out=" + output.Path;
        var start = new ProcessStartInfo(launcher, [.. options, "-n", count.ToString(CultureInfo.InvariantCulture), host, program, "model=" + TinyBackbone.WholeDirectory, mark, .. settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["OMP_NUM_THREADS"] = "1", ["TERM"] = "dumb" },
        };
        using Process process = Process.Start(start)!;
        Task<string> text = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(4));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            int[] left = Left(mark);
            Array.ForEach(left, id => Process.GetProcessById(id).Kill());
            Assert.True(left.Length == 0, $"{left.Length} processes are left.");
        }

        return new Outcome(
            process.ExitCode,
            await text + await errors,
            [.. Directory.EnumerateFiles(output.Path, "rank-*.txt").Order(StringComparer.Ordinal)
                .Select(file => File.ReadLines(file).Select(line => line.Split(' ', 2)).ToDictionary(parts => parts[0], parts => parts.ElementAtOrDefault(1) ?? ""))]);
    }

    /// <summary>The processes that were given a setting and are still there, a moment after their job ended.</summary>
    private static int[] Left(string mark)
    {
        int[] left = [];
        SpinWait.SpinUntil(() => (left = Marked(mark)).Length == 0, TimeSpan.FromSeconds(10));
        return left;
    }

    private static int[] Marked(string mark) => [.. Directory.EnumerateDirectories("/proc").Select(folder => Path.GetFileName(folder))
        .Where(name => name.All(char.IsAsciiDigit))
        .Where(name => Arguments(name).Contains(mark))
        .Select(name => int.Parse(name, CultureInfo.InvariantCulture))];

    private static string[] Arguments(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private sealed record Outcome(int Code, string Text, IReadOnlyList<Dictionary<string, string>> Ranks);
}

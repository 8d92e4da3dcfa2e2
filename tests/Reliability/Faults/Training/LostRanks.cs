using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Trainings that several processes share by MPI, one of which is killed, stands still, or is cut off in a network of its own (tests/DistributedTraining).</summary>
internal static class LostRanks
{
    private const int Ranks = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>Runs so many jobs of each kind; 1 where one ended without a word, could not be gone on with, or left processes.</summary>
    internal static int Run(int count)
    {
        Console.WriteLine("| launcher | what befalls rank 1 | jobs | failed, as they should | named the rank | named the checkpoint | gone on with to the same weights | processes left |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        (string Name, string Program, string[] Options)[] launchers =
        [
            ("OpenMPI", "mpirun.openmpi", ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]),
            ("MPICH", "mpiexec.mpich", []),
        ];
        int bad = 0;
        foreach (var (name, program, options) in launchers)
        {
            foreach (string harm in new[] { "kill", "stop" })
            {
                bad += Run(name, [program, .. options, "-n", Ranks.ToString(CultureInfo.InvariantCulture)], harm, count);
            }
        }

        return bad + Cut(Math.Max(1, count / 4)) == 0 ? 0 : 1;
    }

    private static int Run(string name, string[] launcher, string harm, int count)
    {
        using var undisturbed = new TemporaryFolder();
        string expected = RunJob(launcher, undisturbed.Path).Weights ?? throw new InvalidOperationException($"{name}: the undisturbed training failed.");
        var random = new Random(1);
        int failed = 0, said = 0, named = 0, same = 0, left = 0;
        for (int i = 0; i < count; i++)
        {
            using var folder = new TemporaryFolder();
            string checkpoints = $"checkpoints={folder.File("checkpoints")}";
            JobEnd ended = RunJob(launcher, folder.Path, checkpoints, "limit=15", $"harm={harm}@1@{random.Next(3, 8)}");
            failed += ended.Code == 0 ? 0 : 1;
            said += ended.Text.Contains("rank 1 ", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
            named += ended.Text.Contains("checkpoint-", StringComparison.Ordinal) ? 1 : 0;
            left += Child.Left(folder.Path);
            using var again = new TemporaryFolder();
            same += RunJob(launcher, again.Path, checkpoints).Weights == expected ? 1 : 0;
            left += Child.Left(again.Path);
        }

        Console.WriteLine($"| {name} | {(harm == "kill" ? "SIGKILL" : "SIGSTOP")} | {count} | {failed} | {said} | {named} | {same} | {left} |");

        // MPICH's launcher ends the others before they can say anything, and fails.
        bool speechless = name == "MPICH" && harm == "kill";
        return (2 * count) - failed - same + left + (speechless ? 0 : (2 * count) - said - named);
    }

    /// <summary>Two ranks in two networks, whose link is cut in the middle.</summary>
    private static int Cut(int count)
    {
        int failed = 0, left = 0;
        for (int i = 0; i < count; i++)
        {
            ChildEnd end = Child.Run(new ProcessStartInfo("bash", [Child.PathOf("cut-link.sh"), Child.PathOf("DistributedTraining.dll"), TinyBackbone.WholeDirectory]), TimeSpan.FromMinutes(6));
            failed += end.Code == 0 ? 1 : 0;
            left += end.Output.Contains(" 0 processes are left", StringComparison.Ordinal) ? 0 : 1;
            if (end.Code != 0)
            {
                Console.Error.WriteLine(end.Output + end.Errors);
            }
        }

        Console.WriteLine($"| OpenMPI | link cut | {count} | {failed} | {failed} | {failed} | - | {left} |");
        return count - failed + left;
    }

    private static JobEnd RunJob(string[] launcher, string folder, params string[] settings)
    {
        string output = Path.Combine(folder, "out");
        Directory.CreateDirectory(output);
        ChildEnd end = Child.Run(Child.Of("DistributedTraining", launcher, ["model=" + TinyBackbone.WholeDirectory, "out=" + output, .. settings]), Limit);
        string[] weights = [.. Directory.EnumerateFiles(output, "rank-*.txt").SelectMany(File.ReadLines).Where(line => line.StartsWith("weights ", StringComparison.Ordinal)).Distinct()];
        return new JobEnd(end.Code, weights is [var one] ? one : null, end.Output + end.Errors);
    }
}

/// <summary>How a job ended.</summary>
/// <param name="Code">The launcher's exit code.</param>
/// <param name="Weights">The weights of all ranks; null where they differ, or there are none.</param>
/// <param name="Text">What launcher and ranks said.</param>
internal sealed record JobEnd(int Code, string? Weights, string Text);

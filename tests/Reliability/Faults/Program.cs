using System.Globalization;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Faults that befall saves, trainings and studies, and what is there afterwards, as tables. Ends with 0 where nothing was lost, doubled, silent or left behind.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        switch (arguments)
        {
            case ["saves-forever", var place, var kind]:
                SaveKind.All.Single(one => one.Name == kind).SaveForever(place);
                return 0;
            case ["kills", var count]:
                return Kills.Run(Number(count));
            case ["disk-full", var count, var place]:
                return FullDisk.Run(Number(count), place);
            case ["training-kills", var count]:
                return TrainingKills.Run(Number(count));
            case ["memory", var count]:
                return Lacks(root: true) ?? MemoryLimits.Run(Number(count));
            case ["ranks", var count]:
                return Lacks(root: true, "mpirun.openmpi", "mpiexec.mpich", "ip") ?? LostRanks.Run(Number(count));
            case ["clock", var count]:
                return Lacks(root: false, "pg_lsclusters") ?? await ClockSteps.RunAsync(Number(count)).ConfigureAwait(false);
            case ["server", var seconds]:
                return Lacks(root: false, "pg_lsclusters") ?? await ServerOutage.RunAsync(Number(seconds)).ConfigureAwait(false);
            case ["partition", var count]:
                return Lacks(root: true, "pg_lsclusters", "ip") ?? await PartitionedWorker.RunAsync(Number(count)).ConfigureAwait(false);
            default:
                Console.Error.WriteLine("""
                    usage: Faults kills 100                 processes that save, ended by SIGKILL at random moments
                           Faults disk-full 50 FOLDER       a folder on an empty file system of 16 MB or less, such as: mount -t tmpfs -o size=12m tmpfs FOLDER
                           Faults training-kills 100        trainings ended by SIGKILL, within saves and between, and gone on with
                           Faults memory 20                 trainings with less and less memory, by a control group (root)
                           Faults ranks 10                  trainings shared by MPI: a rank killed, stopped, cut off (OpenMPI, MPICH, iproute2; root)
                           Faults clock 50                  the clock set forwards and back (libfaketime, PostgreSQL)
                           Faults server 30                 a study's PostgreSQL server away for so many seconds
                           Faults partition 10              a study's worker cut off for longer than its lease (PostgreSQL, iproute2; root)
                    """);
                return 2;
        }
    }

    /// <summary>2 and a word where this is not the machine for a command; null where it is.</summary>
    private static int? Lacks(bool root, params string[] tools)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string? lacking = !OperatingSystem.IsLinux() ? "Linux"
            : root && Environment.UserName != "root" ? "root"
            : tools.FirstOrDefault(tool => !folders.Any(folder => File.Exists(Path.Combine(folder, tool))));
        if (lacking is null)
        {
            return null;
        }

        Console.Error.WriteLine($"This takes {lacking}.");
        return 2;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

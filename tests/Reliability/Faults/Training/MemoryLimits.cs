using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Trainings with less and less memory: a control group of the system's (cgroup, version 1 or 2) sets the limit.</summary>
internal static class MemoryLimits
{
    private const int Killed = 137;
    private const string Version1 = "/sys/fs/cgroup/memory", Version2 = "/sys/fs/cgroup";

    /// <summary>Tries so many limits, from more than a training needs down to a fifth of it; 1 where one ended without a word, or could not be gone on with to the same weights.</summary>
    internal static int Run(int count)
    {
        bool isVersion2 = File.Exists($"{Version2}/cgroup.controllers") && File.ReadAllText($"{Version2}/cgroup.controllers").Contains("memory", StringComparison.Ordinal);
        string group = $"{(isVersion2 ? Version2 : Version1)}/faults-{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(group);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"No control group with a limit of memory can be made here: {e.Message} It takes root, and a file system of cgroups that may be written.");
            return 2;
        }

        try
        {
            return Run(count, group, Path.Combine(group, isVersion2 ? "memory.max" : "memory.limit_in_bytes"), Path.Combine(group, isVersion2 ? "memory.peak" : "memory.max_usage_in_bytes"), isVersion2 ? 2 : 1);
        }
        finally
        {
            Directory.Delete(group);
        }
    }

    private static int Run(int count, string group, string limitFile, string peakFile, int version)
    {
        string expected = Trainings.Undisturbed();
        using (var folder = new TemporaryFolder())
        {
            Trainings.Run(Within(folder.Path, group));
        }

        long peak = long.Parse(File.ReadAllText(peakFile), CultureInfo.InvariantCulture);
        int whole = 0, told = 0, killed = 0, silent = 0, lost = 0, left = 0;
        for (int i = 0; i < count; i++)
        {
            using var folder = new TemporaryFolder();
            Forget(group);
            File.WriteAllText(limitFile, ((long)(peak * (1.1 - (0.9 * i / count)))).ToString(CultureInfo.InvariantCulture));
            ChildEnd end = Trainings.Run(Within(folder.Path, group));
            whole += end.Code == 0 ? 1 : 0;
            killed += end.Code == Killed ? 1 : 0;
            bool says = end.Errors.Contains("memory", StringComparison.OrdinalIgnoreCase) || end.Errors.Contains("Exception", StringComparison.Ordinal) || end.Errors.Contains("Failed to create CoreCLR", StringComparison.Ordinal);
            told += end.Code is not 0 and not Killed && says ? 1 : 0;
            silent += end.Code is not 0 and not Killed && !says ? 1 : 0;
            left += Child.Left(folder.Path);
            lost += Trainings.Result(end.Code == 0 ? end : Trainings.Run(Trainings.Of(folder.Path))) == expected ? 0 : 1;
        }

        Console.WriteLine($"| limits of memory (cgroup {version}), from 110 % of the {peak >> 20} MB that a training takes down to {100 * (1.1 - (0.9 * (count - 1) / count)):0} % | ended well | ended with an error | ended by the system | ended without a word | not gone on with to the same weights | processes left |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        Console.WriteLine($"| {count} | {whole} | {told} | {killed} | {silent} | {lost} | {left} |");
        return silent + lost + left == 0 ? 0 : 1;
    }

    /// <summary>Lets go of the files that a group of version 1 holds in memory for programs that have ended.</summary>
    private static void Forget(string group)
    {
        string file = Path.Combine(group, "memory.force_empty");
        if (File.Exists(file))
        {
            File.WriteAllText(file, "0");
        }
    }

    private static ProcessStartInfo Within(string checkpoints, string group) =>
        Trainings.Of(checkpoints, "sh", "-c", $"echo $$ > {group}/cgroup.procs; exec \"$0\" \"$@\"");
}

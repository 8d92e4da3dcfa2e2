using System.Diagnostics;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Ends processes that save, by SIGKILL at random moments.</summary>
internal static class Kills
{
    /// <summary>Runs each kind so many times; 1 where anything was lost or left.</summary>
    internal static int Run(int count)
    {
        Console.WriteLine("| what is saved over and over | kills | while a save was under way | saves between | lost or mixed | left after the next save |");
        Console.WriteLine("|---|---|---|---|---|---|");
        return SaveKind.All.Sum(kind => Run(kind, count)) == 0 ? 0 : 1;
    }

    private static int Run(SaveKind kind, int count)
    {
        string place = Directory.CreateTempSubdirectory("faults-").FullName;
        var random = new Random(1);
        int within = 0, bad = 0, left = 0, number = 0;
        try
        {
            for (int i = 0; i < count; i++)
            {
                KillAfter(place, kind, random.Next(20, 600));
                within += Leftovers(place) > 0 ? 1 : 0;
                try
                {
                    int found = kind.Number(place);
                    bad += found < number ? 1 : 0;
                    number = found + 1;
                }
                catch (Exception e) when (SaveKind.IsRefusal(e))
                {
                    Console.Error.WriteLine(e.Message);
                    bad++;
                    number++;
                }

                kind.Save(place, number);
                left += Leftovers(place) > 0 ? 1 : 0;
            }
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }

        Console.WriteLine($"| {kind.Name} | {count} | {within} | {number} | {bad} | {left} |");
        return bad + left;
    }

    private static int Leftovers(string place) => Directory.EnumerateFileSystemEntries(place, "*.partial-*", SearchOption.AllDirectories).Count();

    /// <summary>Starts a process that saves, and ends it some milliseconds after its first save.</summary>
    private static void KillAfter(string place, SaveKind kind, int milliseconds)
    {
        using Process process = Process.Start(Child.Of("Faults", [], "saves-forever", place, kind.Name))!;
        var watch = Stopwatch.StartNew();
        string written = kind.PathIn(place);
        DateTime old = Directory.Exists(written) || File.Exists(written) ? File.GetLastWriteTimeUtc(written) : DateTime.MinValue;
        while (watch.Elapsed < TimeSpan.FromSeconds(60) && (!Path.Exists(written) || File.GetLastWriteTimeUtc(written) == old) && !process.HasExited)
        {
            Thread.Sleep(1);
        }

        Thread.Sleep(milliseconds);
        process.Kill();
        process.WaitForExit();
    }
}

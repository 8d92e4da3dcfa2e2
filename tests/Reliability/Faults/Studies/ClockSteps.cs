using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>The clock is set forwards and back while workers share a study in a file and are killed now and then, and while a training runs: libfaketime stands between the programs and the clock.</summary>
internal static class ClockSteps
{
    private const int Workers = 3;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan[] Steps = [TimeSpan.FromSeconds(90), TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(400)];

    /// <summary>Sets the clock so many times; 1 where a trial was lost, doubled or waited for in vain, or a training came to other weights.</summary>
    internal static async Task<int> RunAsync(int count)
    {
        if (Library() is not { } library)
        {
            Console.Error.WriteLine("libfaketime is not installed (on Debian: apt-get install faketime).");
            return 2;
        }

        using var folder = new TemporaryFolder();
        var random = new Random(1);
        string clock = folder.File("clock");
        Set(clock, TimeSpan.Zero);
        var faked = new Dictionary<string, string> { ["LD_PRELOAD"] = library, ["FAKETIME_TIMESTAMP_FILE"] = clock, ["FAKETIME_NO_CACHE"] = "1" };
        int trials = 5 * count, kills = 0;
        var watch = Stopwatch.StartNew();
        using var workers = new StudyWorkers(folder.File("study.db"), trials, Lease);
        for (int step = 0; step < count; step++)
        {
            workers.OpenGate((step * trials / count) + Workers);
            while (workers.Running.Count < Workers)
            {
                workers.Start(environment: faked);
            }

            await Task.Delay(random.Next(300, 1200)).ConfigureAwait(false);
            Set(clock, Steps[random.Next(Steps.Length)] * (random.Next(2) == 0 ? 1 : -1));
            if (step % 5 == 4 && workers.Running is [var first, ..])
            {
                workers.Begun(first);
                first.Kill();
                first.WaitForExit();
                kills++;
            }
        }

        workers.OpenGate(trials);
        workers.Start(environment: faked);
        StudyFound found = await workers.EndAsync(TimeSpan.FromMinutes(5)).ConfigureAwait(false);
        Console.WriteLine("| what ran | steps of the clock, of 90 s to 400 days | workers killed | trials | begun again | lost | too many | run by two at once | seconds |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| study in a file, {Workers} workers, leases of {Lease.TotalSeconds} s | {count} | {kills} | {found.Trials} | {found.Again} | {found.Lost} | {found.TooMany} | {found.AtOnce} | {watch.Elapsed.TotalSeconds:0} |"));
        return found.Bad + await TrainAsync(faked, clock, random).ConfigureAwait(false) == 0 ? 0 : 1;
    }

    private static async Task<int> TrainAsync(Dictionary<string, string> faked, string clock, Random random)
    {
        string expected = Trainings.Undisturbed();
        using var folder = new TemporaryFolder();
        ProcessStartInfo start = Trainings.Of(folder.Path);
        foreach (var (name, value) in faked)
        {
            start.Environment[name] = value;
        }

        var watch = Stopwatch.StartNew();
        Task<ChildEnd> training = Task.Run(() => Trainings.Run(start));
        int steps = 0;
        while (!training.IsCompleted)
        {
            Set(clock, Steps[random.Next(Steps.Length)] * (random.Next(2) == 0 ? 1 : -1));
            steps++;
            await Task.Delay(100).ConfigureAwait(false);
        }

        int other = Trainings.Result(await training.ConfigureAwait(false)) == expected ? 0 : 1;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| training with checkpoints: the same weights as undisturbed: {(other == 0 ? "yes" : "no")} | {steps} | 0 | - | - | - | - | - | {watch.Elapsed.TotalSeconds:0} |"));
        return other;
    }

    private static void Set(string file, TimeSpan offset)
    {
        File.WriteAllText(file + ".new", string.Create(CultureInfo.InvariantCulture, $"{(offset < TimeSpan.Zero ? '-' : '+')}{Math.Abs(offset.TotalSeconds):0}\n"));
        File.Move(file + ".new", file, overwrite: true);
    }

    private static string? Library() => Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
        : null;
}

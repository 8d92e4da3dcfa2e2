using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>The clock of a study's server is set forwards and back while workers share the study and are killed now and then; and that of a machine between the pieces of a training that is killed.</summary>
internal static class ClockSteps
{
    private const string Local = "127.0.0.1";
    private const int Workers = 3, Killed = 137;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan[] Steps = [TimeSpan.FromSeconds(90), TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(400)];

    /// <summary>Sets the clock so many times; 1 where a trial was lost, doubled or waited for in vain, or a training came to other weights.</summary>
    internal static async Task<int> RunAsync(int count)
    {
        if (FakeClock.Library is null)
        {
            Console.Error.WriteLine("libfaketime is not installed (on Debian: apt-get install faketime).");
            return 2;
        }

        var random = new Random(1);
        using var clock = new FakeClock();
        using var server = new PostgreSqlServer([Local], clock);
        int trials = 5 * count, kills = 0;
        var watch = Stopwatch.StartNew();
        using var workers = new StudyWorkers(server.ConnectionString(Local), trials, Lease);
        for (int step = 0; step < count; step++)
        {
            workers.OpenGate((step * trials / count) + Workers);
            while (workers.Running.Count < Workers)
            {
                workers.Start();
            }

            await Task.Delay(random.Next(300, 1200)).ConfigureAwait(false);
            clock.Set(Drawn(random));
            if (step % 5 == 4 && workers.Running is [var first, ..])
            {
                workers.Begun(first);
                first.Kill();
                first.WaitForExit();
                kills++;
            }
        }

        workers.OpenGate(trials);
        workers.Start();
        StudyFound found = await workers.EndAsync(TimeSpan.FromMinutes(5)).ConfigureAwait(false);
        Console.WriteLine("| what ran | steps of the clock, of 90 s to 400 days | kills | trials | begun again | lost | too many | run by two at once | seconds |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| study, {Workers} workers, leases of {Lease.TotalSeconds} s | {count} | {kills} | {found.Trials} | {found.Again} | {found.Lost} | {found.TooMany} | {found.AtOnce} | {watch.Elapsed.TotalSeconds:0} |"));
        return found.Bad + Train(Math.Max(1, count / 5), random) == 0 ? 0 : 1;
    }

    private static int Train(int count, Random random)
    {
        string expected = Trainings.Undisturbed();
        using var clock = new FakeClock();
        using var folder = new TemporaryFolder();
        var watch = Stopwatch.StartNew();
        int kills = 0;
        ChildEnd end;
        do
        {
            clock.Set(Drawn(random));
            (end, _) = Trainings.RunUntilKilled(folder.Path, kills < count ? 1 + random.Next(3) : int.MaxValue, TimeSpan.FromMilliseconds(random.Next(40)), clock: clock);
            kills += end.Code == Killed ? 1 : 0;
        }
        while (end.Code == Killed);
        int other = Trainings.Result(end) == expected ? 0 : 1;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| training, which ended with {(other == 0 ? "the same" : "other")} weights | {kills + 1} | {kills} | - | - | - | - | - | {watch.Elapsed.TotalSeconds:0} |"));
        return other;
    }

    private static TimeSpan Drawn(Random random) => Steps[random.Next(Steps.Length)] * (random.Next(2) == 0 ? 1 : -1);
}

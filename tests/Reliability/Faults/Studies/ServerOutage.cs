using System.Globalization;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>The server of a study is stopped as by a crash, is away for some time, and comes back.</summary>
internal static class ServerOutage
{
    private const string Local = "127.0.0.1";
    private const int Trials = 200, Workers = 3;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    /// <summary>Stops it for so many seconds; 1 where a trial was lost or doubled, or a worker said nothing.</summary>
    internal static async Task<int> RunAsync(int seconds)
    {
        using var server = new PostgreSqlServer(Local);
        string place = server.ConnectionString(Local);
        (string Name, TimeSpan? Patience, StudyWorkers Workers)[] groups =
        [
            ("90 s, the default", null, new StudyWorkers(place, Trials, Lease)),
            ("15 min", TimeSpan.FromMinutes(15), new StudyWorkers(place, Trials, Lease)),
        ];
        try
        {
            foreach (var (_, patience, workers) in groups)
            {
                workers.OpenGate(Trials / 2);
                for (int i = 0; i < Workers; i++)
                {
                    workers.Start(patience: patience);
                }

                foreach (var process in workers.Running)
                {
                    workers.Begun(process, count: 3);
                }
            }

            server.Stop();
            await Task.Delay(TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
            server.Start();
            Console.WriteLine("| server away | workers ask for | workers | said that they wait | ended with an error that says so, and others took their place | trials | begun again | lost | too many | run by two at once |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
            int bad = 0;
            foreach (var (name, patience, workers) in groups)
            {
                int waited = workers.Waited, told = workers.Told;
                for (int missing = Workers - workers.Running.Count; missing > 0; missing--)
                {
                    workers.Start(patience: patience);
                }

                workers.OpenGate(Trials);

                StudyFound found = await workers.EndAsync(TimeSpan.FromMinutes(3)).ConfigureAwait(false);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {seconds} s | {name} | {Workers} | {waited} | {told} | {found.Trials} | {found.Again} | {found.Lost} | {found.TooMany} | {found.AtOnce} |"));
                bad += found.Bad + (Workers - waited);
            }

            return bad == 0 ? 0 : 1;
        }
        finally
        {
            foreach (var group in groups)
            {
                group.Workers.Dispose();
            }
        }
    }
}

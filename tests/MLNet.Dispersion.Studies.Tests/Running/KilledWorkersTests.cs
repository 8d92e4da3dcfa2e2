using System.Diagnostics;
using System.Globalization;
using MLNet.Dispersion.Studies.PostgreSql;
using MLNet.Dispersion.Studies.Storage;
using MLNet.Dispersion.Studies.Tests.Support;
using MLNet.Dispersion.Studies.Trials;

namespace MLNet.Dispersion.Studies.Tests.Running;

/// <summary>Worker processes that are killed without warning, again and again.</summary>
public sealed class KilledWorkersTests
{
    private const int TrialCount = 200;
    private const int Kills = 50;
    private const int Workers = 3;
    private const int LeaseMilliseconds = 1500;

    [SkippableTheory]
    [InlineData("file")]
    [InlineData("PostgreSQL")]
    public async Task Run_WorkersKilledFiftyTimes_LosesAndDoublesNoTrial(string kind)
    {
        using var folder = new TemporaryFolder();
        string place = kind == "file" ? folder.File("study.db") : Support.PostgreSql.ConnectionString;
        string study = Support.PostgreSql.NewStudy();
        var random = new Random(6);
        List<string> logs = [];
        var workers = new List<Process>();
        await using (IStudyStorage storage = await OpenAsync(kind, place, study))
        {
            for (int killed = 0, begun = 0; killed < Kills;)
            {
                while (workers.Count < Workers)
                {
                    workers.Add(Start(place, study, folder, logs));
                }

                // The next one dies some trials later, at whatever moment of its work that is: so the kills are spread over the study, however fast the machine.
                int until = begun + random.Next(6);
                while ((begun = (await storage.TrialsAsync()).Sum(trial => trial.Attempt)) < until)
                {
                    await Task.Delay(random.Next(1, 30));
                }

                Process victim = workers[random.Next(workers.Count)];
                Assert.False(victim.HasExited, $"A worker ended by itself after {killed} kills.");
                victim.Kill();
                killed++;
                await victim.WaitForExitAsync();
                workers.Remove(victim);
                victim.Dispose();
            }
        }

        workers.Add(Start(place, study, folder, logs));
        foreach (Process worker in workers)
        {
            await worker.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
            Assert.Equal(0, worker.ExitCode);
            worker.Dispose();
        }

        await using IStudyStorage finished = await OpenAsync(kind, place, study);
        IReadOnlyList<Trial> trials = await finished.TrialsAsync();
        Assert.Equal(Enumerable.Range(0, TrialCount), trials.Select(trial => trial.Number));
        Assert.All(trials, trial => Assert.Equal(TrialState.Completed, trial.State));
        Assert.True(trials.Count(trial => trial.Attempt > 1) > 5, "Hardly a trial was interrupted.");
        AssertNeverTwiceAtOnce(logs);
    }

    private static Task<IStudyStorage> OpenAsync(string kind, string place, string study) => kind == "file"
        ? SqliteStudyStorage.OpenAsync(place, Support.Studies.Definition(study))
        : PostgreSqlStudyStorage.OpenAsync(place, Support.Studies.Definition(study));

    private static Process Start(string place, string study, TemporaryFolder folder, List<string> logs)
    {
        logs.Add(folder.File($"log{logs.Count}"));
        return Process.Start(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "StudyWorker.dll"), place, study, TrialCount.ToString(CultureInfo.InvariantCulture), LeaseMilliseconds.ToString(CultureInfo.InvariantCulture), logs[^1]]))!;
    }

    /// <summary>A trial that begins again does so after it ended or was stopped; where its worker was killed over it, there is no such line.</summary>
    private static void AssertNeverTwiceAtOnce(IEnumerable<string> logs)
    {
        var lines = logs.Where(File.Exists).SelectMany(log => File.ReadLines(log).Select(line => line.Split(' ')).Where(parts => parts.Length == 4))
            .Select(parts => (What: parts[0], Number: int.Parse(parts[1], CultureInfo.InvariantCulture), Time: long.Parse(parts[2], CultureInfo.InvariantCulture), Process: parts[3])).ToList();
        foreach (var trial in lines.GroupBy(line => line.Number))
        {
            var begins = trial.Where(line => line.What == "begin").OrderBy(line => line.Time).ToList();
            for (int i = 1; i < begins.Count; i++)
            {
                var before = begins[i - 1];
                long over = trial.Where(line => line.Process == before.Process && line.Time > before.Time).Select(line => line.Time).DefaultIfEmpty(before.Time).Min();
                Assert.True(begins[i].Time > over, $"Trial {trial.Key} began again while its first worker still ran.");
            }

            Assert.Contains(trial, line => line.What == "end");
        }
    }
}

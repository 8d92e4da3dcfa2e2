using System.Diagnostics;
using System.Globalization;

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
        var logOf = new Dictionary<int, int>();
        for (int killed = 0; killed < Kills;)
        {
            // No trial far ahead of the kills may end, so that these are spread over the study, however fast or busy the machine, and there are trials to begin until the last of them.
            OpenGate(folder, (killed * TrialCount / (Kills + 10)) + Workers);
            while (workers.Count < Workers)
            {
                workers.Add(Start(place, study, folder, logs));
                logOf[workers[^1].Id] = logs.Count - 1;
            }

            // Most are killed over a trial, which they begin as soon as they have started; one in five wherever it is, its start included.
            Process victim = workers[random.Next(workers.Count)];
            if (random.Next(5) > 0)
            {
                await BegunAsync(victim, logs[logOf[victim.Id]]);
            }

            await Task.Delay(random.Next(1, 300));
            Assert.False(victim.HasExited, $"A worker ended by itself after {killed} kills.");
            victim.Kill();
            killed++;
            await victim.WaitForExitAsync();
            workers.Remove(victim);
            victim.Dispose();
        }

        OpenGate(folder, TrialCount);
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

    /// <summary>Waits until a worker has begun its first trial.</summary>
    private static async Task BegunAsync(Process worker, string log)
    {
        while (!worker.HasExited && (!File.Exists(log) || new FileInfo(log).Length == 0))
        {
            await Task.Delay(10);
        }
    }

    /// <summary>Lets trials below a number end. The file appears whole: workers read it at any moment.</summary>
    private static void OpenGate(TemporaryFolder folder, int below)
    {
        File.WriteAllText(folder.File("gate.new"), below.ToString(CultureInfo.InvariantCulture));
        File.Move(folder.File("gate.new"), folder.File("gate"), overwrite: true);
    }

    private static Process Start(string place, string study, TemporaryFolder folder, List<string> logs)
    {
        logs.Add(folder.File($"log{logs.Count}"));
        return Process.Start(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "StudyWorker.dll"), place, study, TrialCount.ToString(CultureInfo.InvariantCulture), LeaseMilliseconds.ToString(CultureInfo.InvariantCulture), logs[^1], folder.File("gate")]))!;
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

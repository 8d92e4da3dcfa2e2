using System.Diagnostics;
using System.Globalization;
using MLNet.Dispersion.Studies;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Processes that work on one study (tests/StudyWorker), what they wrote, and what the study holds in the end.</summary>
/// <param name="place">The study's file, or a connection string.</param>
/// <param name="trials">How many trials it has.</param>
/// <param name="lease">How long a trial is a worker's without a sign of life.</param>
internal sealed class StudyWorkers(string place, int trials, TimeSpan lease) : IDisposable
{
    /// <summary>A worker whose question was under way when its link was cut asks again once Npgsql gives the question up, after 30 s, and its system may take as long again.</summary>
    private static readonly TimeSpan MostBeginning = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _folder = new();
    private readonly string _study = $"study-{Guid.NewGuid():N}";
    private readonly Dictionary<Process, Worker> _all = [];

    /// <summary>Gets those that have not ended.</summary>
    internal IReadOnlyList<Process> Running => [.. _all.Keys.Where(process => !process.HasExited)];

    /// <summary>Gets how many workers were ever started.</summary>
    internal int Started => _all.Count;

    /// <summary>Gets how many said that they wait.</summary>
    internal int Waited => _all.Values.Count(worker => worker.Said("waits: "));

    /// <summary>Gets how many ended with an error and said which.</summary>
    internal int Told => _all.Values.Count(worker => worker.Said("error: "));

    /// <summary>Lets trials below a number end: so a study lasts as long as what befalls it. The file appears whole.</summary>
    internal void OpenGate(int below)
    {
        File.WriteAllText(_folder.File("gate.new"), below.ToString(CultureInfo.InvariantCulture));
        File.Move(_folder.File("gate.new"), _folder.File("gate"), overwrite: true);
    }

    /// <summary>Starts a worker.</summary>
    /// <param name="otherPlace">Its way to the study; null for that of all.</param>
    /// <param name="patience">How long it asks a storage that does not answer; null for the library's default.</param>
    /// <param name="before">What it is started by.</param>
    internal Process Start(string? otherPlace = null, TimeSpan? patience = null, params string[] before)
    {
        string log = _folder.File($"log{_all.Count}");
        string[] arguments =
        [
            otherPlace ?? place, _study, trials.ToString(CultureInfo.InvariantCulture), lease.TotalMilliseconds.ToString(CultureInfo.InvariantCulture), log, _folder.File("gate"),
            .. patience is { } time ? [time.TotalSeconds.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
        ];
        var process = new Process { StartInfo = Child.Of("StudyWorker", before, arguments) };
        var worker = new Worker(log);
        process.ErrorDataReceived += (_, line) => worker.Hear(line.Data);
        process.OutputDataReceived += (_, line) => worker.Hear(line.Data);
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        _all.Add(process, worker);
        return process;
    }

    /// <summary>Waits until a worker has begun so many trials; false where it ended before.</summary>
    internal bool Begun(Process process, int count = 1)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < MostBeginning && !process.HasExited; Thread.Sleep(20))
        {
            if (BegunBy(process) >= count)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How many trials a worker has begun.</summary>
    internal int BegunBy(Process process) => _all[process].Events.Count(line => line.What == "begin");

    /// <summary>Waits for all workers and looks at what they left.</summary>
    internal async Task<StudyFound> EndAsync(TimeSpan limit)
    {
        long begun = Stopwatch.GetTimestamp();
        foreach (Process process in _all.Keys)
        {
            await process.WaitForExitAsync().WaitAsync(limit - Stopwatch.GetElapsedTime(begun)).ConfigureAwait(false);
        }

        // As tests/StudyWorker defines it.
        SearchSpace space = SearchSpace.Empty.Uniform("x", -1, 1).Uniform("y", -1, 1);
        var definition = new StudyDefinition { Name = _study, Objectives = [new StudyObjective { Name = "value", Maximize = false }], Seed = 1, Space = space };
        await using IStudyStorage storage = place.Contains('=', StringComparison.Ordinal)
            ? await PostgreSqlStudyStorage.OpenAsync(place, definition).ConfigureAwait(false)
            : await SqliteStudyStorage.OpenAsync(place, definition).ConfigureAwait(false);
        IReadOnlyList<Trial> found = await storage.TrialsAsync().ConfigureAwait(false);
        int completed = Enumerable.Range(0, trials).Count(number => found.Count(trial => trial.Number == number && trial.State == TrialState.Completed) == 1);
        return new StudyFound(trials, trials - completed, found.Count - trials, AtOnce(), found.Count(trial => trial.Attempt > 1));
    }

    public void Dispose()
    {
        foreach (Process process in _all.Keys)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            process.Dispose();
        }

        _folder.Dispose();
    }

    /// <summary>How many trials began again while a worker still ran them: after an attempt that has neither ended nor was stopped, only its worker's death lets another one begin.</summary>
    private int AtOnce()
    {
        var lines = _all.Values.SelectMany((worker, number) => worker.Events.Select(line => (line.What, line.Number, line.Time, Worker: number))).ToList();
        int atOnce = 0;
        foreach (var trial in lines.GroupBy(line => line.Number))
        {
            var begins = trial.Where(line => line.What == "begin").OrderBy(line => line.Time).ToList();
            for (int i = 1; i < begins.Count; i++)
            {
                var before = begins[i - 1];
                long over = trial.Where(line => line.Worker == before.Worker && line.Time > before.Time).Select(line => line.Time).DefaultIfEmpty(before.Time).Min();
                atOnce += begins[i].Time > over ? 0 : 1;
            }
        }

        return atOnce;
    }

    private sealed class Worker(string log)
    {
        private readonly List<string> _heard = [];

        internal IReadOnlyList<(string What, int Number, long Time)> Events
        {
            get
            {
                if (!File.Exists(log))
                {
                    return [];
                }

                using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
                return [.. reader.ReadToEnd().Split('\n').Select(line => line.Split(' ')).Where(parts => parts.Length == 4)
                    .Select(parts => (parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture)))];
            }
        }

        internal void Hear(string? line)
        {
            lock (_heard)
            {
                _heard.Add(line ?? "");
            }
        }

        internal bool Said(string beginning)
        {
            lock (_heard)
            {
                return _heard.Any(line => line.StartsWith(beginning, StringComparison.Ordinal));
            }
        }
    }
}

/// <summary>What a study holds in the end.</summary>
/// <param name="Trials">How many trials it should have.</param>
/// <param name="Lost">Those that are not completed.</param>
/// <param name="TooMany">Those beyond its number.</param>
/// <param name="AtOnce">Those that two workers ran at the same time.</param>
/// <param name="Again">Those that were begun again.</param>
internal sealed record StudyFound(int Trials, int Lost, int TooMany, int AtOnce, int Again)
{
    /// <summary>Gets how much is wrong.</summary>
    internal int Bad => Lost + Math.Abs(TooMany) + AtOnce;
}

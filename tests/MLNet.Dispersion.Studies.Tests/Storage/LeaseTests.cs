using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace MLNet.Dispersion.Studies.Tests.Storage;

/// <summary>Leases where the clock is set forwards or back, and rows that somebody else changed.</summary>
public sealed class LeaseTests : IDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(40);
    private readonly TemporaryFolder _folder = new();
    private long _stopwatch = 1;

    private string File => _folder.File("study.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Lapsed_ClockSetBack_IsFoundByTheStopwatch()
    {
        var watch = new LeaseWatch(() => _stopwatch);

        // Its lease ends a day after now, since the clock was set back by one.
        Assert.Null(watch.Lapsed([Held(end: 86_400_000, now: 0)]));
        Advance(45);
        Assert.Null(watch.Lapsed([Held(end: 86_400_000, now: 45_000)]));
        Advance(10);
        Assert.Equal(0, watch.Lapsed([Held(end: 86_400_000, now: 55_000)]));
    }

    [Fact]
    public void Lapsed_WorkerThatGivesSignsOfLife_IsLeftAlone()
    {
        var watch = new LeaseWatch(() => _stopwatch);
        for (int second = 0; second < 400; second += 10)
        {
            Assert.Null(watch.Lapsed([Held(end: (second * 1000L) - 900_000_000, now: (second * 1000L) - 900_040_000)]));
            Advance(10);
        }
    }

    [Fact]
    public void Lapsed_ClockSetForwards_TakesNothingFromAWorkerAtWork()
    {
        var watch = new LeaseWatch(() => _stopwatch);
        Assert.Null(watch.Lapsed([Held(end: 40_000, now: 0)]));
        Advance(5);

        // An hour forwards, and its next sign of life comes a little later.
        Assert.Null(watch.Lapsed([Held(end: 40_000, now: 3_605_000)]));
        Advance(5);
        Assert.Null(watch.Lapsed([Held(end: 3_648_000, now: 3_610_000)]));

        // It dies: by the clock again, once that has gone right for the length of a lease.
        Advance(50);
        Assert.Equal(0, watch.Lapsed([Held(end: 3_648_000, now: 3_660_000)]));
    }

    [Fact]
    public void Lapsed_FirstLook_GoesByTheClock()
    {
        Assert.Equal(0, new LeaseWatch(() => _stopwatch).Lapsed([Held(end: 0, now: 1)]));
        Assert.Null(new LeaseWatch(() => _stopwatch).Lapsed([]));
    }

    [Fact]
    public async Task Run_DeadWorkersLeaseInTheFuture_IsTakenOver()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenAsync(File, Support.Studies.Definition());
        await storage.ClaimAsync("dead", 1, TimeSpan.FromSeconds(1));
        await ExecuteAsync("UPDATE trial SET lease_end = lease_end + 86400000");

        IReadOnlyList<Trial> trials = await new StudyRunner(storage, new RandomSampler()).RunAsync(
            _ => Task.FromResult(TrialOutcome.Completed(1)), new StudyRunOptions { MaxTrials = 1, Lease = TimeSpan.FromSeconds(1) }).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal((TrialState.Completed, 2), (trials[0].State, trials[0].Attempt));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-1)]
    public async Task Run_StateThatNobodyKnows_IsRefusedByNumber(int state)
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenAsync(File, Support.Studies.Definition());
        await storage.ClaimAsync("a", 1, Lease);
        await ExecuteAsync($"UPDATE trial SET state = {state}");

        var error = await Assert.ThrowsAsync<StudyStorageException>(() => new StudyRunner(storage, new RandomSampler()).RunAsync(
            _ => Task.FromResult(TrialOutcome.Completed(1)), new StudyRunOptions { MaxTrials = 1 }).WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Contains($"state is {state}", error.Message, StringComparison.Ordinal);
        Assert.Contains("Trial 0", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("started = 9000000000000000000", "cannot be read")]
    [InlineData("objective_values = 'null'", "values are null")]
    [InlineData("notes = 'null'", "notes are null")]
    public async Task Trials_ARowThatSomebodyElseChanged_IsRefusedByNumber(string change, string reason)
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenAsync(File, Support.Studies.Definition());
        await storage.ClaimAsync("a", 1, Lease);
        await ExecuteAsync($"UPDATE trial SET {change}");

        var error = await Assert.ThrowsAsync<StudyStorageException>(() => storage.TrialsAsync());

        Assert.Contains("Trial 0", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Run_TrialsThatOthersHold_SaysWhatItWaitsFor()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenAsync(File, Support.Studies.Definition());
        await storage.ClaimAsync("the other one", 1, TimeSpan.FromHours(1));
        using var stop = new CancellationTokenSource();
        string? word = null;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new StudyRunner(storage, new RandomSampler()).RunAsync(
            _ => Task.FromResult(TrialOutcome.Completed(1)),
            new StudyRunOptions
            {
                MaxTrials = 1,
                Waiting = said =>
                {
                    word = said;
                    stop.Cancel();
                },
            },
            stop.Token).WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Contains("the other one", word, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_StorageThatAnotherProgramHolds_SaysThatItWaitsAndGoesOn()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenAsync(File, Support.Studies.Definition());
        await using var other = new SqliteConnection($"Data Source={File};Pooling=False");
        await other.OpenAsync();
        SqliteTransaction? held = null;
        string? word = null;

        IReadOnlyList<Trial> trials = await new StudyRunner(storage, new RandomSampler()).RunAsync(
            _ =>
            {
                // Just before the outcome is written.
                held = other.BeginTransaction();
                return Task.FromResult(TrialOutcome.Completed(1));
            },
            new StudyRunOptions
            {
                MaxTrials = 1,
                Waiting = said =>
                {
                    word = said;
                    held!.Rollback();
                },
            }).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Contains("has not answered", word, StringComparison.Ordinal);
        Assert.Equal(TrialState.Completed, Assert.Single(trials).State);
    }

    private static HeldTrial Held(long end, long now) => new(0, 1, end, Lease, now);

    private void Advance(int seconds) => _stopwatch += seconds * Stopwatch.Frequency;

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}

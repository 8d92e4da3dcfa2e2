namespace MLNet.Dispersion.Studies.Tests.Running;

public sealed class StudyRunnerTests
{
    private static readonly Func<TrialContext, Task<TrialOutcome>> Bowl = context =>
        Task.FromResult(TrialOutcome.Completed(Math.Pow(context.Parameters.GetDouble("x"), 2) + Math.Pow(context.Parameters.GetDouble("y"), 2)));

    [Fact]
    public async Task Run_OneWorker_IsReproducible()
    {
        Assert.Equal(await ValuesAsync(), await ValuesAsync());

        static async Task<double[]> ValuesAsync()
        {
            await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());
            return [.. (await new StudyRunner(storage, new TpeSampler()).RunAsync(Bowl, new StudyRunOptions { MaxTrials = 20 })).Select(trial => trial.Values[0])];
        }
    }

    [Fact]
    public async Task Run_ThrowingAndNaNTrials_FailAndTheSearchGoesOn()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());

        IReadOnlyList<Trial> trials = await new StudyRunner(storage, new RandomSampler()).RunAsync(
            context => context.Number switch
            {
                1 => throw new InvalidOperationException("no such column"),
                2 => Task.FromResult(TrialOutcome.Completed(double.NaN)),
                3 => Task.FromResult(TrialOutcome.Completed(1, 2)),
                _ => Bowl(context),
            },
            new StudyRunOptions { MaxTrials = 5 });

        Assert.Equal([TrialState.Completed, TrialState.Failed, TrialState.Failed, TrialState.Failed, TrialState.Completed], trials.Select(trial => trial.State));
        Assert.Contains("no such column", trials[1].FailureReason, StringComparison.Ordinal);
        Assert.Contains("NaN", trials[2].FailureReason, StringComparison.Ordinal);
        Assert.Contains("2 values", trials[3].FailureReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_AllTrialsFail_ThrowsTheFirstReason()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => new StudyRunner(storage, new RandomSampler()).RunAsync(
            context => throw new ArgumentException($"reason {context.Number}"), new StudyRunOptions { MaxTrials = 3 }));

        Assert.Contains("All 3 trials failed", error.Message, StringComparison.Ordinal);
        Assert.Contains("reason 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Cancelled_GivesTrialsBackAndGoesOnLater()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());
        using var source = new CancellationTokenSource();
        var runner = new StudyRunner(storage, new RandomSampler());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runner.RunAsync(
            async context =>
            {
                if (context.Number == 2)
                {
                    await source.CancelAsync();
                    await Task.Delay(-1, context.CancellationToken);
                }

                return await Bowl(context);
            },
            new StudyRunOptions { MaxTrials = 5 },
            source.Token));
        IReadOnlyList<Trial> between = await storage.TrialsAsync();
        IReadOnlyList<Trial> trials = await runner.RunAsync(Bowl, new StudyRunOptions { MaxTrials = 5 });

        Assert.Equal([TrialState.Completed, TrialState.Completed, TrialState.Waiting], between.Select(trial => trial.State));
        Assert.Equal(5, trials.Count);
        Assert.Equal(between[2].Parameters!.ToJson(), trials[2].Parameters!.ToJson());
        Assert.Equal(2, trials[2].Attempt);
    }

    [Fact]
    public async Task Run_TimeIsUp_ReturnsWhatThereIs()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());

        IReadOnlyList<Trial> trials = await new StudyRunner(storage, new RandomSampler()).RunAsync(
            async context =>
            {
                await Task.Delay(context.Number < 2 ? 1 : -1, context.CancellationToken);
                return await Bowl(context);
            },
            new StudyRunOptions { MaxTime = TimeSpan.FromSeconds(1) });

        Assert.Equal([TrialState.Completed, TrialState.Completed, TrialState.Waiting], trials.Select(trial => trial.State));
    }

    [Fact]
    public async Task Run_Grid_EndsWhereItIsUsedUp()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());
        await storage.EnqueueAsync("default", Support.Studies.Point(0.3, 0.3));

        IReadOnlyList<Trial> trials = await new StudyRunner(storage, new GridSampler(3)).RunAsync(Bowl, new StudyRunOptions { MaxTrials = 100, MaxParallelTrials = 3 });

        Assert.Equal(9, trials.Count(trial => trial.State == TrialState.Completed && trial.Kind == Trial.SampledKind));
        Assert.Equal("default", trials[0].Kind);
    }

    [Fact]
    public async Task Run_Pruning_EndsTheWorseButNotThoseAskedFor()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());
        await storage.EnqueueAsync("default", Support.Studies.Point(1, 1));
        int steps = 0;

        IReadOnlyList<Trial> trials = await new StudyRunner(storage, new RandomSampler(), new AshaPruner()).RunAsync(
            async context =>
            {
                TrialOutcome value = await Bowl(context);
                for (int step = 1; step <= 9; step++)
                {
                    steps++;
                    if (await context.ReportAsync(step, value.Values[0] + (1.0 / step)))
                    {
                        return TrialOutcome.Pruned;
                    }
                }

                return value;
            },
            new StudyRunOptions { MaxTrials = 30 });

        Assert.Equal(TrialState.Completed, trials[0].State);
        Assert.InRange(trials.Count(trial => trial.State == TrialState.Pruned), 12, 27);
        Assert.True(steps < 200, $"{steps} of 270 steps were run.");
        Trial best = trials.MinBy(trial => Math.Pow(trial.Parameters!.GetDouble("x"), 2) + Math.Pow(trial.Parameters.GetDouble("y"), 2))!;
        Assert.Equal(TrialState.Completed, best.State);
    }

    [Fact]
    public async Task Run_ParallelTrials_TellsTheMonitorOfEach()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());
        var told = new List<StudyProgress>();

        await new StudyRunner(storage, new RandomSampler()).RunAsync(
            async context =>
            {
                await Task.Delay(5);
                context.Notes["place"] = "here";
                return await Bowl(context);
            },
            new StudyRunOptions { MaxTrials = 12, MaxParallelTrials = 4, Monitor = new Listener(told) });

        Assert.Equal(12, told.Count(progress => progress.Trial.State == TrialState.Running));
        StudyProgress last = told.MaxBy(progress => progress.Finished)!;
        Assert.Equal((12, 12), (last.Finished, last.MaxTrials));
        IReadOnlyList<Trial> trials = await storage.TrialsAsync();
        Assert.Equal(trials.Min(trial => trial.Values[0]), last.Best!.Values[0]);
        Assert.Equal(TimeSpan.Zero, last.Remaining);
        Assert.All(trials, trial => Assert.Equal("here", trial.Notes["place"]));
    }

    [Fact]
    public async Task Run_HoldTakenOver_StopsTheTrial()
    {
        using var folder = new TemporaryFolder();
        await using IStudyStorage storage = await SqliteStudyStorage.OpenAsync(folder.File("study.db"), Support.Studies.Definition());
        bool stopped = false;

        IReadOnlyList<Trial> trials = await new StudyRunner(storage, new RandomSampler()).RunAsync(
            async context =>
            {
                if (!stopped)
                {
                    // As if this process had slept through its lease: the claim now belongs to attempt 2.
                    await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder.File("study.db")};Pooling=False");
                    await connection.OpenAsync();
                    await using var command = connection.CreateCommand();
                    command.CommandText = "UPDATE trial SET attempt = 2, worker = 'other', lease_end = 0";
                    await command.ExecuteNonQueryAsync();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromSeconds(30), context.CancellationToken));
                    stopped = true;
                    context.CancellationToken.ThrowIfCancellationRequested();
                }

                return await Bowl(context);
            },
            new StudyRunOptions { MaxTrials = 1, Lease = TimeSpan.FromMilliseconds(800) });

        Assert.True(stopped);
        Assert.Equal((TrialState.Completed, 3), (trials[0].State, trials[0].Attempt));
    }

    [Fact]
    public async Task Run_StorageHeldByAnotherProgram_StopsTheTrialBeforeItsLeaseEnds()
    {
        using var folder = new TemporaryFolder();
        await using IStudyStorage storage = await SqliteStudyStorage.OpenAsync(folder.File("study.db"), Support.Studies.Definition());
        TimeSpan lease = TimeSpan.FromSeconds(3), stopped = TimeSpan.MaxValue;

        IReadOnlyList<Trial> trials = await new StudyRunner(storage, new RandomSampler()).RunAsync(
            async context =>
            {
                if (stopped == TimeSpan.MaxValue)
                {
                    // A heartbeat now waits in the database, and hears of no token.
                    await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder.File("study.db")};Pooling=False");
                    await connection.OpenAsync();
                    await using var held = connection.BeginTransaction(deferred: false);
                    var clock = System.Diagnostics.Stopwatch.StartNew();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromSeconds(30), context.CancellationToken));
                    stopped = clock.Elapsed;
                    context.CancellationToken.ThrowIfCancellationRequested();
                }

                return await Bowl(context);
            },
            new StudyRunOptions { MaxTrials = 1, Lease = lease });

        Assert.True(stopped < lease, $"The trial was stopped after {stopped}.");
        Assert.Equal(TrialState.Completed, trials[0].State);
    }

    [Fact]
    public async Task Run_SamplerThrows_EndsAllSlotsAndGivesTrialsBack()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());
        var sampler = new Scripted(number => number == 1 ? throw new FormatException("no table") : Support.Studies.Point(0, 0));

        var error = await Assert.ThrowsAsync<FormatException>(() => new StudyRunner(storage, sampler).RunAsync(
            async context =>
            {
                await Task.Delay(-1, context.CancellationToken);
                return TrialOutcome.Pruned;
            },
            new StudyRunOptions { MaxTrials = 5, MaxParallelTrials = 2 }).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal("no table", error.Message);
        Assert.All(await storage.TrialsAsync(), trial => Assert.Equal(TrialState.Waiting, trial.State));
    }

    [Fact]
    public async Task Run_CancelledWhileDrawing_GivesTheTrialBack()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());
        using var source = new CancellationTokenSource();
        var sampler = new Scripted(_ =>
        {
            source.Cancel();
            return Support.Studies.Point(0, 0);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new StudyRunner(storage, sampler).RunAsync(Bowl, new StudyRunOptions { MaxTrials = 5 }, source.Token));

        Assert.Equal(TrialState.Waiting, Assert.Single(await storage.TrialsAsync()).State);
    }

    [Fact]
    public async Task Run_SamplerWithoutAnyPoint_EndsAtOnce()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());

        Assert.Empty(await new StudyRunner(storage, new Scripted(_ => null)).RunAsync(Bowl, new StudyRunOptions { MaxTrials = 5 }).WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Options_OutOfRange_AreRefused()
    {
        await using IStudyStorage storage = await SqliteStudyStorage.OpenInMemoryAsync(Support.Studies.Definition());
        var runner = new StudyRunner(storage, new RandomSampler());

        Assert.Contains("MaxTrials", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => runner.RunAsync(Bowl, new StudyRunOptions { MaxTrials = 0 }))).Message, StringComparison.Ordinal);
        Assert.Contains("never end", (await Assert.ThrowsAsync<ArgumentException>(() => runner.RunAsync(Bowl, new StudyRunOptions()))).Message, StringComparison.Ordinal);
        Assert.Contains("Lease", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => runner.RunAsync(Bowl, new StudyRunOptions { MaxTrials = 1, Lease = TimeSpan.Zero }))).Message, StringComparison.Ordinal);
    }

    private sealed class Scripted(Func<int, ParameterSet?> draw) : ISampler
    {
        public ParameterSet? Sample(
            SearchSpace space, IReadOnlyList<StudyObjective> objectives, IReadOnlyList<Trial> history, int number, long seed) => draw(number);
    }

    private sealed class Listener(List<StudyProgress> told) : IProgress<StudyProgress>
    {
        public void Report(StudyProgress value)
        {
            lock (told)
            {
                told.Add(value);
            }
        }
    }
}

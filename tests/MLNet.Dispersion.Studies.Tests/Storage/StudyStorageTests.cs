using MLNet.Dispersion.Studies.Tests.Support;

namespace MLNet.Dispersion.Studies.Tests.Storage;

/// <summary>The same rules in every database.</summary>
public sealed class StudyStorageTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly Dictionary<string, string> NoNotes = [];

    [SkippableTheory]
    [InlineData("memory")]
    [InlineData("file")]
    [InlineData("PostgreSQL")]
    public async Task Claim_ReportFinish_IsReadBack(string kind)
    {
        using var places = new Places();
        await using IStudyStorage storage = await places.OpenAsync(kind);
        TrialClaim claim = (await storage.ClaimAsync("one", 2, Lease))!;
        Assert.Equal((0, 1, null), (claim.Number, claim.Attempt, claim.Trial.Parameters));

        Assert.True(await storage.SetParametersAsync(claim, Support.Studies.Point(0.1, -1.0 / 3)));
        Assert.True(await storage.ReportAsync(claim, new IntermediateValue { Step = 2, Value = 0.5 }));
        Assert.True(await storage.ReportAsync(claim, new IntermediateValue { Step = 1, Value = double.NaN }));
        Assert.True(await storage.ReportAsync(claim, new IntermediateValue { Step = 2, Value = 0.25 }));
        Assert.True(await storage.HeartbeatAsync(claim, Lease));
        Assert.True(await storage.FinishAsync(claim, TrialOutcome.Completed(0.1 + 0.2), new Dictionary<string, string> { ["rank"] = "4" }));

        Trial trial = Assert.Single(await storage.TrialsAsync());
        Assert.Equal((TrialState.Completed, "one", "sampled"), (trial.State, trial.Worker, trial.Kind));
        Assert.Equal(Support.Studies.Point(0.1, -1.0 / 3).ToJson(), trial.Parameters!.ToJson());
        Assert.Equal([0.1 + 0.2], trial.Values);
        Assert.Equal([new() { Step = 1, Value = double.NaN }, new() { Step = 2, Value = 0.25 }], trial.Intermediate);
        Assert.Equal("4", trial.Notes["rank"]);
        Assert.InRange((trial.FinishedUtc - trial.StartedUtc)!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.InRange(trial.StartedUtc!.Value, DateTime.UtcNow.AddMinutes(-5), DateTime.UtcNow.AddMinutes(5));
    }

    [SkippableTheory]
    [InlineData("memory")]
    [InlineData("file")]
    [InlineData("PostgreSQL")]
    public async Task Claim_WaitingThenNew_EndsAtTheLimit(string kind)
    {
        using var places = new Places();
        await using IStudyStorage storage = await places.OpenAsync(kind);
        await storage.EnqueueAsync("default", Support.Studies.Point(0, 0));
        await storage.EnqueueAsync("default", Support.Studies.Point(1, 1));
        await storage.EnqueueAsync("other", Support.Studies.Point(0.5, 0));

        TrialClaim?[] claims = [await storage.ClaimAsync("a", 3, Lease), await storage.ClaimAsync("b", 3, Lease), await storage.ClaimAsync("c", 3, Lease), await storage.ClaimAsync("d", 3, Lease)];

        Assert.Equal(["default", "other", "sampled", null], claims.Select(claim => claim?.Trial.Kind));
        Assert.Equal(Support.Studies.Point(0, 0).ToJson(), claims[0]!.Trial.Parameters!.ToJson());
        await Assert.ThrowsAsync<ArgumentException>(() => storage.EnqueueAsync("sampled", Support.Studies.Point(0, 0)));
        await Assert.ThrowsAsync<ArgumentException>(() => storage.EnqueueAsync("far", Support.Studies.Point(2, 0)));
    }

    [SkippableTheory]
    [InlineData("memory")]
    [InlineData("file")]
    [InlineData("PostgreSQL")]
    public async Task Claim_AfterTheLease_TakesOverAndShutsTheFormerOut(string kind)
    {
        using var places = new Places();
        await using IStudyStorage storage = await places.OpenAsync(kind);
        TrialClaim dead = (await storage.ClaimAsync("dead", 1, TimeSpan.FromMilliseconds(30)))!;
        await storage.SetParametersAsync(dead, Support.Studies.Point(0.25, 0));
        await storage.ReportAsync(dead, new IntermediateValue { Step = 1, Value = 1 });
        await Task.Delay(100);

        TrialClaim heir = (await storage.ClaimAsync("heir", 1, Lease))!;

        Assert.Equal((0, 2), (heir.Number, heir.Attempt));
        Assert.Equal(0.25, heir.Trial.Parameters!.GetDouble("x"));
        Assert.Empty((await storage.TrialsAsync())[0].Intermediate);
        Assert.False(await storage.HeartbeatAsync(dead, Lease));
        Assert.False(await storage.ReportAsync(dead, new IntermediateValue { Step = 2, Value = 0 }));
        Assert.False(await storage.SetParametersAsync(dead, Support.Studies.Point(1, 1)));
        Assert.False(await storage.FinishAsync(dead, TrialOutcome.Completed(1), NoNotes));
        Assert.False(await storage.ReleaseAsync(dead));
        Assert.True(await storage.FinishAsync(heir, TrialOutcome.Completed(2), NoNotes));

        // The same again, as after an answer that was lost.
        Assert.True(await storage.FinishAsync(heir, TrialOutcome.Completed(2), NoNotes));
        Assert.Equal([2], (await storage.TrialsAsync())[0].Values);
    }

    [SkippableTheory]
    [InlineData("memory")]
    [InlineData("file")]
    [InlineData("PostgreSQL")]
    public async Task Release_AndWithdraw_GiveTheNumberBack(string kind)
    {
        using var places = new Places();
        await using IStudyStorage storage = await places.OpenAsync(kind);
        TrialClaim first = (await storage.ClaimAsync("a", 9, Lease))!, second = (await storage.ClaimAsync("a", 9, Lease))!;

        Assert.True(await storage.ReleaseAsync(first));
        Assert.True(await storage.WithdrawAsync(second));

        Assert.Equal([TrialState.Waiting], (await storage.TrialsAsync()).Select(trial => trial.State));
        Assert.Equal(0, (await storage.ClaimAsync("b", 9, Lease))!.Number);
        TrialClaim last = (await storage.ClaimAsync("b", 9, Lease))!;
        await storage.ClaimAsync("b", 9, Lease);
        Assert.False(await storage.WithdrawAsync(last));
        Assert.Contains("no further point", (await storage.TrialsAsync())[1].FailureReason, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("file")]
    [InlineData("PostgreSQL")]
    public async Task Open_Again_GoesOnOrSaysWhatDiffers(string kind)
    {
        using var places = new Places();
        await using (IStudyStorage storage = await places.OpenAsync(kind))
        {
            await storage.FinishAsync((await storage.ClaimAsync("a", 9, Lease))!, TrialOutcome.Failed("broken"), NoNotes);
        }

        await using (IStudyStorage again = await places.OpenAsync(kind))
        {
            Assert.Equal("broken", Assert.Single(await again.TrialsAsync()).FailureReason);
        }

        StudyDefinition definition = Support.Studies.Definition();
        Assert.Contains("another seed", await MessageAsync(definition with { Seed = 2 }), StringComparison.Ordinal);
        Assert.Contains("another search space", await MessageAsync(definition with { Space = Support.Studies.Space }), StringComparison.Ordinal);
        Assert.Contains("another objectives", await MessageAsync(definition with { Objectives = [new() { Name = "other", Maximize = true }] }), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => places.OpenAsync(kind, definition with { Space = SearchSpace.Empty }));
        await Assert.ThrowsAsync<ArgumentException>(() => places.OpenAsync(kind, definition with { Objectives = [] }));

        async Task<string> MessageAsync(StudyDefinition other) => (await Assert.ThrowsAsync<StudyStorageException>(() => places.OpenAsync(kind, other))).Message;
    }

    [SkippableTheory]
    [InlineData("memory")]
    [InlineData("file")]
    [InlineData("PostgreSQL")]
    public async Task Claim_ManyThreads_GivesEachTrialOnce(string kind)
    {
        using var places = new Places();
        await using IStudyStorage storage = await places.OpenAsync(kind);
        await using IStudyStorage other = kind == "memory" ? storage : await places.OpenAsync(kind);

        int[][] taken = await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            var numbers = new List<int>();
            while (await (worker % 2 == 0 ? storage : other).ClaimAsync($"w{worker}", 40, Lease) is { } claim)
            {
                numbers.Add(claim.Number);
            }

            return numbers.ToArray();
        })));

        Assert.Equal(Enumerable.Range(0, 40), taken.SelectMany(numbers => numbers).Order());
    }

    [SkippableTheory]
    [InlineData("file")]
    [InlineData("PostgreSQL")]
    public async Task Finish_ReasonThatIsHardlyText_IsKept(string kind)
    {
        using var places = new Places();
        await using IStudyStorage storage = await places.OpenAsync(kind);

        Assert.True(await storage.FinishAsync((await storage.ClaimAsync("a", 9, Lease))!, TrialOutcome.Failed("native: x\0y \uD83D"), new Dictionary<string, string> { ["log"] = "\0\uD83D" }));

        Trial trial = Assert.Single(await storage.TrialsAsync());
        Assert.StartsWith("native: x\uFFFDy ", trial.FailureReason, StringComparison.Ordinal);
        Assert.StartsWith("\0", trial.Notes["log"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finish_WrongNumberOfValues_SaysSo()
    {
        using var places = new Places();
        await using IStudyStorage storage = await places.OpenAsync("memory");
        TrialClaim claim = (await storage.ClaimAsync("a", 9, Lease))!;

        var error = await Assert.ThrowsAsync<ArgumentException>(() => storage.FinishAsync(claim, TrialOutcome.Completed(1, 2), NoNotes));

        Assert.Contains("2 values", error.Message, StringComparison.Ordinal);
        Assert.Equal(TrialState.Failed, TrialOutcome.Completed(double.NaN).State);
    }

    [Fact]
    public async Task Sample_FromStoredHistory_EqualsThatFromMemory()
    {
        using var places = new Places();
        await using IStudyStorage storage = await places.OpenAsync("file");
        var sampler = new TpeSampler();
        List<Trial> expected = Support.Studies.Run(sampler, Support.Studies.Plane, 16, 1, point => point.GetDouble("x"));
        for (int number = 0; number < 16; number++)
        {
            TrialClaim claim = (await storage.ClaimAsync("a", 16, Lease))!;
            ParameterSet point = sampler.Sample(Support.Studies.Plane, Support.Studies.Minimum, await storage.TrialsAsync(), number, 1)!;
            await storage.SetParametersAsync(claim, point);
            await storage.FinishAsync(claim, TrialOutcome.Completed(point.GetDouble("x")), NoNotes);
        }

        Assert.Equal(expected.Select(trial => trial.Parameters!.ToJson()), (await storage.TrialsAsync()).Select(trial => trial.Parameters!.ToJson()));
    }
}

using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training.Distributed;

/// <summary>The loop with ranks that are threads: what several do is what one does that accumulates, and they agree on everything.</summary>
public sealed class SharedRunTests
{
    private const float Rounding = 2e-5f;

    [Theory]
    [InlineData("plain", 2)]
    [InlineData("plain", 3)]
    [InlineData("dispersion", 2)]
    [InlineData("lora", 4)]
    [InlineData("plain", 5)]
    public void Run_SeveralRanks_TrainAsOneThatAccumulates(string kind, int count)
    {
        using var alone = new Trained(Options(kind, accumulate: count * 2));
        Trained one = alone.RunAs(null);
        var several = MemoryRanks.Run(count, collective => new Trained(Options(kind, accumulate: 2)).RunAs(collective));

        Assert.All(several, rank => Assert.Null(rank.Error));
        Assert.All(several, rank => Assert.Equal(several[0].Result!.Weights, rank.Result!.Weights));
        Assert.All(several, rank => Assert.Equal(several[0].Result!.Result.History.Select(step => (step.TaskLoss, step.GradientNorm, step.ValidationLoss)), rank.Result!.Result.History.Select(step => (step.TaskLoss, step.GradientNorm, step.ValidationLoss))));
        Trained shared = several[0].Result!;
        Assert.Equal(one.Result.Steps, shared.Result.Steps);
        Assert.Equal(one.Result.TrainedTokens, shared.Result.TrainedTokens);
        Assert.Equal(one.Result.BestEpoch, shared.Result.BestEpoch);
        Assert.Contains(one.Result.History, step => step.GradientNorm > Options(kind, 1).MaxGradNorm);
        foreach (var (expected, actual) in one.Result.History.Zip(shared.Result.History))
        {
            Assert.Equal(expected.TaskLoss, actual.TaskLoss, Rounding * 10);
            Assert.Equal(expected.Dispersion ?? 0, actual.Dispersion ?? 0, Rounding * 10);
            Assert.Equal(expected.ValidationLoss ?? 0, actual.ValidationLoss ?? 0, Rounding * 10);
        }

        Assert.InRange(Distance(one.Weights, shared.Weights), 0, Rounding);
        Array.ForEach(several, rank => rank.Result!.Dispose());
    }

    /// <summary>What is drawn belongs to a micro-batch, whoever does it: one rank draws what two do.</summary>
    [Theory]
    [InlineData("dropout")]
    [InlineData("drawn tokens")]
    public void Run_WithRandomNumbers_DoesNotDependOnTheNumberOfRanks(string kind)
    {
        Trained one = MemoryRanks.Run(1, collective => new Trained(Options(kind, accumulate: 4)).RunAs(collective))[0].Result!;
        Trained two = MemoryRanks.Run(2, collective => new Trained(Options(kind, accumulate: 2)).RunAs(collective))[0].Result!;
        Trained other = MemoryRanks.Run(1, collective => new Trained(Options(kind, accumulate: 4, seed: 6)).RunAs(collective))[0].Result!;

        Assert.InRange(Distance(one.Weights, two.Weights), 0, Rounding);
        Assert.True(Distance(one.Weights, other.Weights) > Rounding * 10);
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(2, 4)]
    [InlineData(4, 3)]
    public void Run_GoesOnWithAnotherNumberOfRanks_AsIfItHadNotStopped(int before, int after)
    {
        using var folder = new TemporaryFolder();
        Trained whole = MemoryRanks.Run(4, collective => new Trained(Options("dropout", accumulate: 1)).RunAs(collective))[0].Result!;
        int accumulate = 4 / before;

        var stopped = MemoryRanks.Run(before, collective => new Trained(Saving(stopAfter: collective.Rank == before - 1 ? 5 : null)).RunAs(collective));
        var resumed = MemoryRanks.Run(after, collective => new Trained(Saving(stopAfter: null)).RunAs(collective));

        Assert.All(stopped, rank => Assert.IsType<OperationCanceledException>(rank.Error));
        Assert.All(resumed, rank => Assert.Null(rank.Error));
        Assert.Equal(4, resumed[0].Result!.Result.ResumedFromStep);
        Assert.Equal(whole.Result.Steps, resumed[0].Result!.Result.Steps);
        Assert.All(resumed, rank => Assert.Equal(resumed[0].Result!.Weights, rank.Result!.Weights));
        Assert.InRange(Distance(whole.Weights, resumed[0].Result!.Weights), 0, Rounding);
        Assert.True(TrainingCheckpoint.Latest(folder.Path)!.Finished);

        FineTuneOptions Saving(int? stopAfter)
        {
            FineTuneOptions options = Options("dropout", accumulate);
            options.Checkpoints = new CheckpointOptions { Directory = folder.Path, EverySteps = 2 };
            if (stopAfter is { } step)
            {
                var source = new CancellationTokenSource();
                options.CancellationToken = source.Token;
                options.Observers = [new After(step, source.Cancel)];
            }

            return options;
        }
    }

    [Fact]
    public void Run_GoesOnWithMoreRanksThanMicroBatches_IsRefused()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = Options("plain", accumulate: 1);
        options.Checkpoints = new CheckpointOptions { Directory = folder.Path, EverySteps = 2 };
        MemoryRanks.Run(2, collective => new Trained(options).RunAs(collective));

        var refused = MemoryRanks.Run(3, collective => new Trained(options).RunAs(collective));

        Assert.Contains(refused, rank => rank.Error is ArgumentException error && error.Message.Contains("3 ranks", StringComparison.Ordinal) && error.Message.Contains("2 micro-batches", StringComparison.Ordinal));
        Assert.DoesNotContain(refused, rank => rank.Error is null);
    }

    [Fact]
    public void Run_OneRankFails_EndsOnAllWithItsNameAndTheCheckpoint()
    {
        using var folder = new TemporaryFolder();
        var ranks = MemoryRanks.Run(3, collective =>
        {
            FineTuneOptions options = Options("plain", accumulate: 1);
            options.Checkpoints = new CheckpointOptions { Directory = folder.Path, EverySteps = 2 };
            options.Observers = collective.Rank == 1 ? [new After(3, () => throw new TimeoutException("no answer"))] : [];
            return new Trained(options).RunAs(collective);
        });

        Assert.IsType<TimeoutException>(ranks[1].Error);
        foreach (int other in new[] { 0, 2 })
        {
            var error = Assert.IsType<DistributedTrainingException>(ranks[other].Error);
            Assert.Equal(1, error.Rank);
            Assert.Contains("no answer", error.Message, StringComparison.Ordinal);
            Assert.Contains(Path.Combine(folder.Path, "checkpoint-2"), error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Run_AnotherSeedOnOneRank_IsRefusedOnAll()
    {
        var ranks = MemoryRanks.Run(2, collective => new Trained(Options("plain", accumulate: 1, seed: 3 + collective.Rank)).RunAs(collective));

        Assert.Contains("Options.Seed is 4 and on rank 0 3", Assert.IsType<ArgumentException>(ranks[1].Error).Message, StringComparison.Ordinal);
        Assert.Equal(1, Assert.IsType<DistributedTrainingException>(ranks[0].Error).Rank);
    }

    [Fact]
    public void Run_OneRankChangesItsWeights_IsNoticedAtTheEpochsEnd()
    {
        var ranks = MemoryRanks.Run(2, collective =>
        {
            var trained = new Trained(Options("plain", accumulate: 1));
            trained.Options.Observers = collective.Rank == 1 ? [new After(2, trained.Spoil)] : [];
            return trained.RunAs(collective);
        });

        Assert.All(ranks, rank => Assert.Equal(1, Assert.IsType<DistributedTrainingException>(rank.Error).Rank));
        Assert.Contains("no longer those of rank 0", ranks[0].Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SeveralRanks_OnlyTheFirstTellsProgressAndAllTellObservers()
    {
        int[] progress = new int[3], observed = new int[3];
        var ranks = MemoryRanks.Run(3, collective =>
        {
            FineTuneOptions options = Options("plain", accumulate: 1);
            options.Progress = new Collect(_ => progress[collective.Rank]++);
            options.Observers = [new Each(run => observed[run.Rank]++)];
            return new Trained(options).RunAs(collective).Result.Steps;
        });

        int steps = ranks[0].Result;
        Assert.Equal([steps, 0, 0], progress);
        Assert.Equal([steps, steps, steps], observed);
    }

    [Fact]
    public void Validate_DistributedWithMomentsOfAllBatches_IsRefused()
    {
        var options = new FineTuneOptions { Distributed = new DistributedOptions() };
        options.Validate();
        options.Dispersion.Centering = DispersionCentering.Running;
        options.Dispersion.Coefficient = 0.1;

        Assert.Contains("Distributed", Assert.ThrowsAny<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OMPI_COMM_WORLD_SIZE", 1, false)]
    [InlineData("OMPI_COMM_WORLD_SIZE", 4, true)]
    [InlineData("PMI_SIZE", 1, false)]
    [InlineData("SLURM_STEP_NUM_TASKS", 1, false)]
    public void Launcher_StartedMoreRanksThanTheLibraryKnows_IsRefused(string variable, int known, bool isRight)
    {
        MpiLauncher launcher = MpiLauncher.Find(name => name == variable ? "4" : null)!;

        Exception? error = Record.Exception(() => launcher.Check("libmpi", known));

        Assert.Equal(isRight, error is null);
        Assert.Contains(isRight ? "" : "started 4 ranks, but libmpi knows of 1", error?.Message ?? "", StringComparison.Ordinal);
        Assert.Null(MpiLauncher.Find(_ => null));
    }

    private static FineTuneOptions Options(string kind, int accumulate, int seed = 3)
    {
        var options = new FineTuneOptions
        {
            Epochs = 2,
            MicroBatchSize = 1,
            GradientAccumulationSteps = accumulate,
            LearningRate = kind == "lora" ? 0.3 : 0.05,
            Optimizer = { Kind = OptimizerKind.Sgd },
            Dropout = kind == "dropout" ? 0.2 : 0,
            ValidationFraction = 0.2,
            MaxGradNorm = kind == "lora" ? 0.02 : 0.5,
            GeometryProbe = null,
            Seed = seed,
            Device = "cpu",
            Lora = kind == "lora" ? new LoraOptions { Rank = 4 } : null,
        };
        options.Dispersion.Coefficient = kind is "dispersion" or "drawn tokens" ? 0.5 : 0;
        options.Dispersion.MaxTokens = kind == "drawn tokens" ? 4 : null;
        return options;
    }

    private static double Distance(float[] expected, float[] actual) =>
        Math.Sqrt(expected.Zip(actual).Sum(pair => Math.Pow(pair.First - pair.Second, 2)) / expected.Sum(value => (double)value * value));

    /// <summary>A model of its own that one rank trains.</summary>
    private sealed class Trained(FineTuneOptions options) : IDisposable
    {
        private readonly PretrainedLanguageModel _model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);

        public FineTuneOptions Options => options;

        public FineTuneResult Result { get; private set; } = null!;

        /// <summary>Copied, since the model may be gone.</summary>
        public float[] Weights { get; private set; } = [];

        public Trained RunAs(ICollective? collective)
        {
            // Of unlike lengths, so that micro-batches have unlike weights; the last step of an epoch is not full.
            var rows = new TrainingRows([.. Enumerable.Range(0, 42).Select(row => Enumerable.Range(0, 6 + (row % 7)).Select(i => 40 + (i * (row + 3) % 19)).ToArray())]);
            using RankGroup? ranks = collective is null ? null : new RankGroup(collective);
            Result = FineTuneLoop.Run(_model.Backbone, new CausalLMObjective(), rows, options, CPU, ranks);
            var parameters = options.Lora is null ? _model.Backbone.parameters() : _model.Backbone.Adapter!.Parameters.Select(pair => pair.Parameter);
            Weights = [.. parameters.SelectMany(parameter => parameter.detach().data<float>().ToArray())];
            return this;
        }

        public void Spoil()
        {
            using var noGradient = no_grad();
            _model.Backbone.parameters().First().PlusInPlace(1e-3);
        }

        public void Dispose() => _model.Dispose();
    }

    private sealed class After(int step, Action what) : ITrainingObserver
    {
        public void StepDone(TrainingRun run, TrainingProgress progress)
        {
            if (progress.Step == step)
            {
                what();
            }
        }
    }

    private sealed class Collect(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }

    private sealed class Each(Action<TrainingRun> what) : ITrainingObserver
    {
        public void StepDone(TrainingRun run, TrainingProgress progress) => what(run);
    }
}

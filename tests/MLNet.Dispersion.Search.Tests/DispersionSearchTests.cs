using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Search.Tests.Support;

namespace MLNet.Dispersion.Search.Tests;

public sealed class DispersionSearchTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly SearchMetric Value = SearchMetric.Of("Value", maximize: true, (model, _) => ((StubTransformer)model).Value);
    private static readonly IDataView Data = Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 50).Select(i => new Row { Text = $"text {i}", Label = i % 2 == 0 ? "a" : "b" }));

    [Fact]
    public void Run_StubPipeline_BeginsWithTheOptionsAsTheyAreAndKeepsTheBestModelAlone()
    {
        int before = StubEstimator.Alive;
        var seen = new List<SearchTrial>();
        using (SearchResult result = Search(trial => Score(trial.Options), seen).SetMaxTrials(12).Run())
        {
            Assert.Equal(["default", "without dispersion", "sampled"], result.Trials.Take(3).Select(trial => trial.Kind));
            Assert.Equal([0.1, 0], seen.Take(2).Select(trial => trial.Options.Dispersion.Coefficient));
            Assert.Null(seen[0].Options.LearningRate);
            Assert.Equal(12, result.Trials.Count);
            Assert.Equal(result.Trials.Max(trial => trial.Values[0]), result.Best!.Values[0]);
            Assert.Equal(result.Best.Values[0], ((StubTransformer)result.BestModel!).Value);
            Assert.Equal(result.Best.Values[0], Score(result.BestOptions!), 1e-12);
            Assert.Equal(before + 1, StubEstimator.Alive);
            using var refitted = (StubTransformer)result.Refit();
            Assert.Equal(50, refitted.Rows);
            Assert.True(((StubTransformer)result.BestModel!).Rows < 50);
            Assert.True(seen.Skip(2).All(trial => trial.Options.Seed == 1));
        }

        Assert.Equal(before, StubEstimator.Alive);
    }

    [Fact]
    public void Run_Verdict_ComparesTheBestWithTheBestWithout()
    {
        using SearchResult better = Search(trial => trial.Options.Dispersion.Coefficient).SetMaxTrials(8).Run();

        Assert.Equal(0, better.Dispersion.BestWithout!.Values[0]);
        Assert.True(better.Dispersion.Difference > 0);

        // Picked by looking, whatever the difference.
        Assert.Equal(VerdictWord.CannotBeTold, better.Dispersion.Word);
        Assert.True(better.Dispersion.IsExploratory);
        Assert.StartsWith("Dispersion: cannot be told (exploratory)", better.Dispersion.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, VerdictWord.Better)]
    [InlineData(-1, VerdictWord.Worse)]
    [InlineData(0.001, VerdictWord.NoDifferenceThatMatters)]
    public void Run_Confirmation_TrainsTheBestAnewAndSaysOneOfFourWords(double effect, VerdictWord word)
    {
        int before = StubEstimator.Alive;
        var seen = new List<SearchTrial>();
        IDataView test = Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(i => new Row { Text = $"test {i}", Label = "a" }));
        using (SearchResult result = Search(trial => effect * (trial.Options.Dispersion.Coefficient > 0 ? 1 : 0) + (1e-4 * (trial.Options.Seed ?? 0) / 1e7), seen)
            .SetConfirmation(test, seeds: 3, leastEffect: 0.01).SetMaxTrials(6).Run())
        {
            Assert.Equal(word, result.Dispersion.Word);
            Assert.False(result.Dispersion.IsExploratory);
            Assert.Equal((3, 40, result.Dispersion.BestWith!.Number), (result.Confirmation!.Seeds, result.Confirmation.Rows, result.Confirmation.Trial));
            Assert.StartsWith($"Dispersion: {Verdict.TextOf(word)}: ", result.Dispersion.ToString(), StringComparison.Ordinal);
            Assert.Equal(6, result.Trials.Count);
            Assert.Equal(12, seen.Count);

            // Pairs from one seed that the search did not use, alike but for the coefficient.
            foreach (SearchTrial[] pair in seen.Skip(6).Chunk(2))
            {
                Assert.NotEqual(seen[0].Options.Seed, pair[0].Options.Seed);
                Assert.Equal(pair[0].Options.Seed, pair[1].Options.Seed);
                Assert.Equal(pair[0].Options.LearningRate, pair[1].Options.LearningRate);
                Assert.True(pair[0].Options.Dispersion.Coefficient > 0);
                Assert.Equal(0, pair[1].Options.Dispersion.Coefficient);
            }

            Assert.Equal(3, seen.Skip(6).Select(trial => trial.Options.Seed).Distinct().Count());
        }

        Assert.Equal(before, StubEstimator.Alive);
    }

    /// <summary>What confirms is measured on other rows, and is no rival of the trials: however good it is, no monitor is told that it is the best.</summary>
    [Fact]
    public void Run_Confirmation_IsNeverToldToBeTheBestTrial()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            int fits = 0;
            var told = new List<StudyProgress>();
            DispersionSearch Rising() => Search(_ => ++fits).SetStorage(Path.Combine(folder, "study.db")).SetConfirmation(Data, seeds: 2, leastEffect: 0.01).SetMonitor(new Listener(told));

            using SearchResult first = Rising().SetMaxTrials(3).Run();
            Assert.Equal((7, 2), (fits, told[^1].Best!.Number));

            // Gone on with, from a study that has them already.
            using SearchResult more = Rising().SetMaxTrials(4).Run();
            Assert.Equal((8, 7), (fits, told[^1].Best!.Number));
            Assert.All(told, progress => Assert.DoesNotContain("confirmation", progress.Best?.Kind ?? "", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Run_ConfirmationOfAStoredSearch_IsMadeOnceAndMarkedWhereItWasNotFixedBefore()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string path = Path.Combine(folder, "study.db"), late = Path.Combine(folder, "late.db");
            int fits = 0;
            DispersionSearch Counted(string file) => Search(trial => ++fits > 0 ? trial.Options.Dispersion.Coefficient : 0).SetStorage(file).SetConfirmation(Data, seeds: 2, leastEffect: 0.01);

            using SearchResult first = Counted(path).SetMaxTrials(4).Run();
            Assert.Equal(8, fits);
            using SearchResult again = Counted(path).SetMaxTrials(4).Run();
            Assert.Equal(8, fits);
            Assert.Equal(first.Confirmation, again.Confirmation);

            // More trials may find a better one; a second look at the test rows is not taken.
            using SearchResult more = Counted(path).SetMaxTrials(9).Run();
            Assert.Equal(13, fits);
            Assert.Equal((9, first.Confirmation!.Trial), (more.Trials.Count, more.Confirmation!.Trial));

            using (SearchResult begun = Search(trial => trial.Options.Dispersion.Coefficient).SetStorage(late).SetMaxTrials(3).Run())
            {
                Assert.Null(begun.Confirmation);
            }

            using SearchResult added = Counted(late).SetMaxTrials(3).Run();
            Assert.True(added.Dispersion.IsExploratory);
            Assert.Contains("(exploratory)", added.Dispersion.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void SetConfirmation_BadArguments_AreRefused()
    {
        DispersionSearch search = Search(_ => 1).SetMaxTrials(1);

        Assert.Contains("at least 20", Assert.Throws<ArgumentException>(() => search.SetConfirmation(Ml.Data.TakeRows(Data, 5))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => search.SetConfirmation(Data, seeds: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => search.SetConfirmation(Data, leastEffect: 0));
        Assert.Contains("least effect", Assert.Throws<InvalidOperationException>(() => search.SetConfirmation(Data).Run()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Folds_AveragesAndKeepsNoModel()
    {
        int fits = 0, before = StubEstimator.Alive;
        using SearchResult result = Search(trial => ++fits).SetDataset(Data, folds: 3).SetMaxTrials(2).Run();

        Assert.Equal([2, 5], result.Trials.Select(trial => trial.Values[0]));
        Assert.Null(result.BestModel);
        Assert.Equal(before, StubEstimator.Alive);
        (result.Refit() as IDisposable)!.Dispose();
    }

    [Fact]
    public void Run_BadTrials_FailWithTheirReasons()
    {
        using SearchResult result = Search(trial => trial.Number switch
        {
            1 => double.NaN,
            2 => throw new InvalidOperationException("no such column"),
            _ => 1,
        }).SetMaxTrials(4).Run();

        Assert.Equal([TrialState.Completed, TrialState.Failed, TrialState.Failed, TrialState.Completed], result.Trials.Select(trial => trial.State));
        Assert.Contains("NaN", result.Trials[1].FailureReason, StringComparison.Ordinal);
        Assert.Contains("no such column", result.Trials[2].FailureReason, StringComparison.Ordinal);
        var error = Assert.Throws<InvalidOperationException>(() => Search(_ => double.NaN).SetMaxTrials(3).Run());
        Assert.Contains("All 3 trials failed", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<InvalidOperationException>(() => Search(_ => 1).SetPipeline(_ => null!).SetMaxTrials(3).Run());
        Assert.Contains("returned null", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TwoMetrics_HasAParetoFront()
    {
        using SearchResult result = Search(trial => trial.Parameters.GetDouble("x"))
            .SetSearchSpace(SearchSpace.Empty.Uniform("x", 0, 1))
            .SetMetric(Value, SearchMetric.Of("Other", maximize: true, (model, _) => 1 - ((StubTransformer)model).Value))
            .SetMaxTrials(6).Run();

        Assert.Equal(result.Trials.Select(trial => trial.Values[0]).Distinct().Count(), result.ParetoFront.Select(trial => trial.Values[0]).Distinct().Count());
        Assert.Equal(3, result.ToPictures().Count);
    }

    [Fact]
    public void Run_StoredStudy_GoesOnWhereItWas()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            int fits = 0;
            using (SearchResult first = Search(trial => ++fits).SetStorage(Path.Combine(folder, "study.db")).SetMaxTrials(3).Run())
            {
                Assert.Equal(3, fits);
            }

            using SearchResult second = Search(trial => -++fits).SetStorage(Path.Combine(folder, "study.db")).SetMaxTrials(5).Run();

            Assert.Equal(5, fits);
            Assert.Equal([1, 2, 3, -4, -5], second.Trials.Select(trial => trial.Values[0]));
            Assert.Null(second.BestModel);
            Assert.Throws<StudyStorageException>(() => Search(_ => 1).SetStorage(Path.Combine(folder, "study.db")).SetSearchSpace(SearchSpace.Empty.Uniform("x", 0, 1)).SetMaxTrials(1).Run());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Run_Cancelled_DisposesAllModels()
    {
        int before = StubEstimator.Alive;
        using var source = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Search(trial =>
        {
            if (trial.Number == 2)
            {
                source.Cancel();
                trial.Options.CancellationToken.ThrowIfCancellationRequested();
            }

            return trial.Number;
        }).SetMaxTrials(9).RunAsync(source.Token));

        Assert.Equal(before, StubEstimator.Alive);
    }

    [Fact]
    public void Run_PrunedTrials_AreStoppedByTheirValidationLoss()
    {
        using SearchResult result = Ml.Dispersion().CreateSearch().SetDataset(Data).SetMetric(Value).SetPruner(new AshaPruner()).SetSampler(new RandomSampler())
            .SetPipeline(trial => new StubEstimator(Ml, -Loss(trial), () =>
            {
                for (int epoch = 1; epoch <= 9; epoch++)
                {
                    trial.Options.CancellationToken.ThrowIfCancellationRequested();
                    trial.Options.Progress!.Report(new TrainingProgress
                    {
                        Step = epoch,
                        TotalSteps = 9,
                        Epoch = epoch,
                        TaskLoss = 1,
                        LearningRate = 1e-3,
                        GradientNorm = 1,
                        TokensPerSecond = 1,
                        Elapsed = TimeSpan.Zero,
                        Remaining = TimeSpan.Zero,
                        ValidationLoss = Loss(trial) + (1.0 / epoch),
                    });
                }
            }))
            .SetMaxTrials(16).Run();

        Assert.All(result.Trials.Take(2), trial => Assert.Equal(TrialState.Completed, trial.State));
        Assert.InRange(result.Trials.Count(trial => trial.State == TrialState.Pruned), 4, 13);
        Assert.Equal(result.Trials.Min(trial => trial.Parameters!.GetInteger("epochs")), result.Best!.Parameters!.GetInteger("epochs"));

        static double Loss(SearchTrial trial) => trial.Parameters.GetInteger("epochs");
    }

    [Fact]
    public void Set_BadArguments_AreRefusedAtOnce()
    {
        DispersionSearch search = Ml.Dispersion().CreateSearch();

        Assert.Contains("at least 2 folds", Assert.Throws<ArgumentOutOfRangeException>(() => search.SetDataset(Data, folds: 1)).Message, StringComparison.Ordinal);
        Assert.Contains("above 0 and below 1", Assert.Throws<ArgumentOutOfRangeException>(() => search.SetDataset(Data, 1.0)).Message, StringComparison.Ordinal);
        Assert.Contains("no parameter", Assert.Throws<ArgumentException>(() => search.SetSearchSpace(SearchSpace.Empty)).Message, StringComparison.Ordinal);
        Assert.Contains("MaxTrials is 0", Assert.Throws<ArgumentOutOfRangeException>(() => search.SetMaxTrials(0)).Message, StringComparison.Ordinal);
        Assert.Contains("MaxTime", Assert.Throws<ArgumentOutOfRangeException>(() => search.SetTrainingTime(TimeSpan.Zero)).Message, StringComparison.Ordinal);
        Assert.Contains("MaxParallelTrials", Assert.Throws<ArgumentOutOfRangeException>(() => search.SetMaxParallelTrials(0)).Message, StringComparison.Ordinal);
        Assert.Contains("SetDataset", Assert.Throws<InvalidOperationException>(() => search.Run()).Message, StringComparison.Ordinal);
        search.SetDataset(Data);
        Assert.Contains("SetMetric", Assert.Throws<InvalidOperationException>(() => search.Run()).Message, StringComparison.Ordinal);
        search.SetMetric(Value);
        Assert.Contains("SetPipeline", Assert.Throws<InvalidOperationException>(() => search.Run()).Message, StringComparison.Ordinal);
        search.SetPipeline(_ => new StubEstimator(Ml, 1));
        Assert.Contains("SetMaxTrials or SetTrainingTime", Assert.Throws<InvalidOperationException>(() => search.Run()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => SearchMetric.Of((MulticlassMetric)99));
    }

    [Fact]
    public void Run_MetricsOfMLNet_EqualItsOwn()
    {
        IDataView keyed = Ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data).Transform(Data);
        using SearchResult result = Ml.Dispersion().CreateSearch().SetDataset(keyed, keyed).SetMaxTrials(1)
            .SetPipeline(_ => Ml.Transforms.Text.FeaturizeText("Features", "Text").Append<ITransformer>(Ml.MulticlassClassification.Trainers.NaiveBayes()))
            .SetMetric(SearchMetric.Of(MulticlassMetric.MicroAccuracy), SearchMetric.Of(MulticlassMetric.LogLoss)).Run();

        MulticlassClassificationMetrics expected = Ml.MulticlassClassification.Evaluate(result.BestModel!.Transform(keyed));

        Assert.Equal([expected.MicroAccuracy, expected.LogLoss], result.Best!.Values);
        Assert.Equal([true, false], result.Objectives.Select(objective => objective.Maximize));
    }

    [Fact]
    public void Run_TinyEnglish_TunesItForReal()
    {
        var options = new FineTuneOptions { Epochs = 1, MaxSteps = 2, MicroBatchSize = 4, GeometryProbe = null, MaxSequenceLength = 8 };
        IDataView keyed = Ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data).Transform(Data);
        var told = new List<StudyProgress>();

        using SearchResult result = Ml.Dispersion().CreateSearch().SetDataset(keyed).SetOptions(options).SetMaxTrials(3).SetMonitor(new Listener(told))
            .SetSearchSpace(DispersionSearchSpace.Default.Without(DispersionSearchSpace.Epochs))
            .SetPipeline(trial => Ml.MulticlassClassification.Trainers.FineTuneWithDispersion(options: trial.Options))
            .SetMetric(SearchMetric.Of(MulticlassMetric.MicroAccuracy), SearchMetric.Condensation(texts: 5)).Run();

        Assert.All(result.Trials, trial => Assert.Equal(TrialState.Completed, trial.State));
        Assert.All(result.Trials, trial => Assert.InRange(trial.Values[1], -1, 1));
        Assert.Equal(3, told.Max(progress => progress.Finished));
        Assert.IsType<FineTuneWithDispersionTransformer>(result.BestModel);
        Assert.NotEmpty(result.Trials[0].Intermediate);
    }

    private static DispersionSearch Search(Func<SearchTrial, double> value, List<SearchTrial>? seen = null) => Ml.Dispersion().CreateSearch()
        .SetDataset(Data).SetMetric(Value).SetPipeline(trial =>
        {
            seen?.Add(trial);
            return new StubEstimator(Ml, value(trial));
        });

    private static double Score(FineTuneOptions options) => options.Dispersion.Coefficient - Math.Abs(Math.Log10(options.LearningRate ?? 1e-3) + 3.5);

    private sealed class Listener(List<StudyProgress> told) : IProgress<StudyProgress>
    {
        public void Report(StudyProgress value) => told.Add(value);
    }
}

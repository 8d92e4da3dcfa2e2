using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Search.Tests.Support;

namespace MLNet.Dispersion.Search.Tests;

public sealed class ComparisonTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Rows(24, "train"), Test = Rows(20, "test");

    [Fact]
    public void Compare_Classifier_SaysOneOfFourWordsAndShowsTheRest()
    {
        ComparisonResult result = Ml.Dispersion().Compare(Pipeline(), Train, Test, new() { Seeds = 2, GeometryTexts = 4 });

        Assert.Equal(["accuracy", "log-loss", "mean cosine, last layer", "mean cosine, all layers", "seconds a training", "memory, MiB"], result.Figures.Select(figure => figure.Name));
        Assert.Equal((2, 20, "accuracy", "0.01"), (result.Seeds, result.Plan.Rows, result.Plan.Metric, result.Plan.LeastEffect));
        Assert.Equal(0.95, result.Verdict.Interval.Level, 12);
        Assert.All(result.Figures.Skip(1), figure => Assert.Equal(0.99, figure.Verdict.Interval.Level, 12));
        Assert.All(result.Figures, figure => Assert.Equal(2, figure.SeedDifferences.Count));
        Assert.All(result.Figures, figure => Assert.False(figure.Verdict.IsExploratory));
        Assert.InRange(result["log-loss"].Plain, 0.1, 5);
        Assert.InRange(result["memory, MiB"].Plain, 10, 1e6);
        Assert.Equal(result["mean cosine, last layer"].Plain, result.PlainCosines[^1], 12);

        // The loss acts: the twins are not the same models.
        Assert.NotEqual(result.PlainCosines[^1], result.CosinesWithDispersion[^1]);
        Assert.NotEqual(result["log-loss"].Plain, result["log-loss"].WithDispersion);

        string text = $"{result}";
        Assert.StartsWith($"Dispersion, by accuracy: {result.Verdict}", text, StringComparison.Ordinal);
        Assert.Contains("2 pairs of trainings, 20 test rows", text, StringComparison.Ordinal);
        Assert.Equal(2, result.ToPictures().Count);
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            result.WriteHtml(Path.Combine(folder, "page.html"));
            string page = File.ReadAllText(Path.Combine(folder, "page.html"));
            Assert.Contains(result.Verdict.Text, page, StringComparison.Ordinal);
            Assert.Contains("Fixed before the first training", page, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Compare_SeveralLabelsARow_JudgesByTheirShareThatIsRight()
    {
        IDataView Labelled(IDataView rows) => Ml.Transforms.CustomMapping<Row, Labels>((row, labels) => labels.Both = [row.Label == "a" ? 1 : 0, 1], contractName: null).Fit(rows).Transform(rows);
        var pipeline = Ml.MulticlassClassification.Trainers.FineTuneMultiLabelWithDispersion("Both", options: Tiny());

        ComparisonResult result = Ml.Dispersion().Compare(pipeline, Labelled(Train), Labelled(Test), new() { Seeds = 2, GeometryTexts = 0 });

        Assert.Equal(("accuracy of labels", 20), (result.Plan.Metric, result.Plan.Rows));
        Assert.InRange(result.Deciding.Plain, 0, 1);
        Assert.InRange(result["log-loss of labels"].Plain, 0.01, 5);
    }

    [Fact]
    public void Fingerprint_AnyValueOfAnyColumnChanged_IsAnother()
    {
        static string Of(AllKinds row) => PlanText.Fingerprint([Ml.Data.LoadFromEnumerable([new AllKinds(), row])]);

        string[] fingerprints =
        [
            Of(new()), Of(new() { Text = "other" }), Of(new() { Flag = true }), Of(new() { Number = 2 }), Of(new() { Byte = 2 }), Of(new() { Labels = [0, 1] }), Of(new() { Labels = [1, 0] }),
            Of(new() { Flags = [true, false] }), Of(new() { Words = ["a b"] }), Of(new() { Words = ["a", "b"] }),
        ];

        Assert.Equal(fingerprints.Length, fingerprints.Distinct().Count());
        Assert.Equal(Of(new() { Labels = [0, 1] }), Of(new() { Labels = [0, 1] }));
    }

    [Fact]
    public void Compare_TheLossDoesNothing_IsNoDifferenceAtAll()
    {
        // Without a step of training both twins are the untrained head on the backbone, of the same seed.
        ComparisonResult result = Ml.Dispersion().Compare(Pipeline(options => options.LearningRate = 1e-30), Train, Test, new() { Seeds = 2, GeometryTexts = 0 });

        Assert.Equal(0, result["log-loss"].Verdict.Interval.Estimate);
        Assert.All(result.Deciding.SeedDifferences, difference => Assert.Equal(0, difference));
        Assert.Empty(result.PlainCosines);
        Assert.Single(result.ToPictures());
        Assert.NotEqual(VerdictWord.Better, result.Verdict.Word);
        Assert.NotEqual(VerdictWord.Worse, result.Verdict.Word);
    }

    [Fact]
    public async Task Compare_StoredAndInterrupted_GoesOnWhereItWas()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string path = Path.Combine(folder, "comparison.db");
            var told = new List<ComparisonProgress>();
            using var stop = new CancellationTokenSource();
            ComparisonOptions Options(Action<ComparisonProgress> tell) => new() { Seeds = 2, GeometryTexts = 0, StoragePath = path, Progress = new Told(tell) };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Ml.Dispersion().CompareAsync(
                Pipeline(),
                Train,
                Test,
                Options(progress =>
                {
                    if (progress.HasEnded)
                    {
                        stop.Cancel();
                    }
                }),
                stop.Token));

            ComparisonResult rest = await Ml.Dispersion().CompareAsync(Pipeline(), Train, Test, Options(told.Add));
            Assert.Equal(3, told.Count(progress => progress.HasEnded));
            Assert.Equal((4, 4), (told[^1].Finished, told[^1].Total));
            Assert.NotNull(told[^1].Remaining);
            Assert.Equal((2, false), (told[^1].Seed, told[^1].WithDispersion));

            // The same anew, without a training; and as it would have been in one go.
            told.Clear();
            ComparisonResult again = await Ml.Dispersion().CompareAsync(Pipeline(), Train, Test, Options(told.Add));
            Assert.Empty(told);
            Assert.Equal(rest.Verdict, again.Verdict);
            ComparisonResult once = await Ml.Dispersion().CompareAsync(Pipeline(), Train, Test, new() { Seeds = 2, GeometryTexts = 0 });
            Assert.Equal(once["log-loss"].Verdict, rest["log-loss"].Verdict);

            // What was fixed stays: another least effect, another number of seeds, other rows, another coefficient.
            ComparisonOptions stored = Options(_ => { });
            foreach ((IEstimator<ITransformer> pipeline, IDataView test, ComparisonOptions options) in new (IEstimator<ITransformer>, IDataView, ComparisonOptions)[]
            {
                (Pipeline(), Test, stored with { Metrics = [ComparisonMetric.Accuracy().WithLeastEffect(0.02)] }),
                (Pipeline(), Test, stored with { Seeds = 3 }),
                (Pipeline(), Rows(21, "test"), stored),
                (Pipeline(), Rows(20, "other"), stored),
                (Pipeline(training => training.Dispersion.Coefficient = 0.2), Test, stored),
            })
            {
                StudyStorageException refused = await Assert.ThrowsAsync<StudyStorageException>(() => Ml.Dispersion().CompareAsync(pipeline, Train, test, options));
                Assert.Contains("accuracy decides", refused.Message, StringComparison.Ordinal);
            }

            // Seeds that are added later carry the mark; without them the word is the fixed one again.
            ComparisonResult added = await Ml.Dispersion().CompareAsync(Pipeline(), Train, Test, stored with { AddedSeeds = 1 });
            Assert.Equal((3, true), (added.Seeds, added.Verdict.IsExploratory));
            Assert.Contains("(exploratory)", $"{added}", StringComparison.Ordinal);
            Assert.Equal(rest.Verdict, (await Ml.Dispersion().CompareAsync(Pipeline(), Train, Test, stored)).Verdict);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Compare_Folds_TestsEveryRowOnce()
    {
        ComparisonResult result = Ml.Dispersion().Compare(Pipeline(), Train, folds: 2, new() { Seeds = 2, GeometryTexts = 2, MaxParallelRuns = 2 });

        Assert.Equal((24, 2, 24), (result.Plan.Rows, result.Plan.Folds, result.Deciding.Rows));
    }

    [Fact]
    public void Compare_LanguageModel_JudgesByPerplexity()
    {
        var pipeline = Ml.Transforms.Text.FineTuneLanguageModelWithDispersion(training: Tiny(), options: new() { PackTexts = false });

        ComparisonResult result = Ml.Dispersion().Compare(pipeline, Train, Test, new() { Seeds = 2, GeometryTexts = 2 });

        Assert.Equal(("perplexity", "2 % of the plain value"), (result.Deciding.Name, result.Plan.LeastEffect));
        Assert.Equal(Math.Exp(result["log-loss a token"].Plain), result.Deciding.Plain, 6);
        Assert.Equal(0.02 * result.Deciding.Plain, result.Verdict.LeastEffect, 9);
        Assert.True(result.Verdict.Interval.Lower <= result.Verdict.Interval.Estimate && result.Verdict.Interval.Estimate <= result.Verdict.Interval.Upper);
    }

    [Fact]
    public void Compare_MetricsOfYourOwnAndGroups_AreTaken()
    {
        ComparisonMetric area = ComparisonMetric.Of(SearchMetric.Of(MulticlassMetric.MacroAccuracy));
        ComparisonMetric surprise = ComparisonMetric.Of("rows", largerIsBetter: true, leastEffect: 0.5, scored => [.. scored.Preview(100).RowView.Select(_ => 1.0)]);

        ComparisonResult result = Ml.Dispersion().Compare(Pipeline(), Train, Test, new() { Seeds = 2, GeometryTexts = 0, Metrics = [surprise, area], GroupColumnName = "Label", Comparisons = 5 });

        Assert.Equal(["rows", "MacroAccuracy", "accuracy", "log-loss"], result.Figures.Take(4).Select(figure => figure.Name));
        Assert.Equal(0, result.Verdict.Interval.Estimate);

        // Two groups that agree are two rows that agree: no certainty.
        Assert.Equal(VerdictWord.CannotBeTold, result.Verdict.Word);
        Assert.Equal(0.99, result.Plan.Level, 12);
        Assert.Equal(10, result["MacroAccuracy"].Rows);
    }

    [Fact]
    public void Compare_WhatCannotBeCompared_IsRefusedWithHelp()
    {
        ArgumentException none = Assert.Throws<ArgumentException>(() => Compare(Ml.Transforms.Conversion.MapValueToKey("Label").Append(Ml.Transforms.CopyColumns("Copy", "Text"))));
        Assert.Contains("ValueToKeyMappingEstimator, ColumnCopyingEstimator", none.Message, StringComparison.Ordinal);
        Assert.Contains("FineTuneWithDispersion(ml)", none.Message, StringComparison.Ordinal);
        Assert.Contains("taken as it is", Assert.Throws<InvalidOperationException>(() => Ml.Transforms.Text.ApplyLanguageModel().WithTrainingOptions(Tiny())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Compare(Ml.Transforms.Text.ApplyLanguageModel()));
        Assert.Contains("2 estimators", Assert.Throws<ArgumentException>(() => Compare(Pipeline().Append(Ml.Transforms.Text.FineTuneLanguageModelWithDispersion()))).Message, StringComparison.Ordinal);
        Assert.Contains("coefficient is 0", Assert.Throws<ArgumentException>(() => Compare(Pipeline(options => options.Dispersion.Coefficient = 0))).Message, StringComparison.Ordinal);
        Assert.Contains("StoragePath", Assert.Throws<ArgumentException>(() => Compare(Pipeline(options => options.Checkpoints = new() { Directory = "somewhere" }))).Message, StringComparison.Ordinal);
        Assert.Contains("at least 20", Assert.Throws<ArgumentException>(() => Ml.Dispersion().Compare(Pipeline(), Train, Rows(19, "few"))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Ml.Dispersion().Compare(Pipeline(), Train, Test, new() { Seeds = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ml.Dispersion().Compare(Pipeline(), Train, folds: 1));
        Assert.Contains("'Nowhere'", Assert.Throws<ArgumentException>(() => Ml.Dispersion().Compare(Pipeline(), Train, Test, new() { GroupColumnName = "Nowhere" })).Message, StringComparison.Ordinal);

        static void Compare(IEstimator<ITransformer> pipeline) => Ml.Dispersion().Compare(pipeline, Train, Test);
    }

    [Fact]
    public void Compare_ATrainingFails_IsRefusedAsAWhole()
    {
        int fits = 0;
        var pipeline = new StubEstimator(Ml, 0, () =>
        {
            if (++fits == 2)
            {
                throw new InvalidOperationException("No luck.");
            }
        });

        InvalidOperationException failed = Assert.Throws<InvalidOperationException>(() => Ml.Dispersion().Compare(pipeline.Append(Pipeline()), Train, Test, new() { Seeds = 2, GeometryTexts = 0 }));

        Assert.Contains("seed 0 fold 0 without", failed.Message, StringComparison.Ordinal);
        Assert.Contains("No luck.", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pipeline_ChainsInChainsAndCaches_AreMadeAgain()
    {
        var inner = Ml.Transforms.CopyColumns("Copy", "Text").Append(Ml.MulticlassClassification.Trainers.FineTuneWithDispersion(options: Tiny())).AppendCacheCheckpoint(Ml);
        var outer = Ml.Transforms.Conversion.MapValueToKey("Label").AppendCacheCheckpoint(Ml).Append(inner).Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        DispersionPipeline pipeline = DispersionPipeline.Of(outer);
        DispersionPipeline twin = DispersionPipeline.Of(pipeline.With(options => options.Dispersion.Coefficient = 0));

        Assert.Equal(["ValueToKeyMappingEstimator", "ColumnCopyingEstimator", "FineTuneWithDispersionEstimator", "KeyToValueMappingEstimator"], pipeline.Steps);
        Assert.Equal(pipeline.Steps, twin.Steps);
        Assert.Equal((0.1, 0), (pipeline.FineTuning.TrainingOptions!.Dispersion.Coefficient, twin.FineTuning.TrainingOptions!.Dispersion.Coefficient));
        Assert.Equal(pipeline.FineTuning.TrainingOptions.Seed, twin.FineTuning.TrainingOptions.Seed);
        Assert.Equal((FineTuneTask.MulticlassClassification, "Text", "Label", "Score"), (twin.FineTuning.Columns.Task, twin.FineTuning.Columns.Text, twin.FineTuning.Columns.Label, twin.FineTuning.Columns.Score));
        using var model = (IDisposable)pipeline.With(options => options.MaxSteps = 1).Fit(Train);
    }

    [Fact]
    public void Metrics_OfScoredRows_AreThoseOfTheirDefinitions()
    {
        Scored[] rows = [new() { Yes = true, Odds = 2, Number = 3 }, new() { Yes = false, Odds = 1, Number = float.NaN }, new() { Yes = true, Odds = -1, Number = 1 }];
        IDataView data = Ml.Data.LoadFromEnumerable(rows);
        RowFigures Of(ComparisonMetric metric) => metric.Measure(Ml, null!, data, data);

        Assert.Equal([1, 0, 0], Of(ComparisonMetric.Accuracy("Yes", "Odds")).Values);
        Assert.Equal([Math.Log(1 + Math.Exp(-2)), Math.Log(1 + Math.E), Math.Log(1 + Math.E)], Of(ComparisonMetric.LogLoss("Yes", "Odds")).Values.Select(value => value).ToArray(), (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal([1, 4], Of(ComparisonMetric.SquaredError("Number", "Odds")).Values);
        Assert.Equal([1, 2], Of(ComparisonMetric.AbsoluteError("Number", "Odds")).Values);
        RowFigures tokens = Of(ComparisonMetric.Perplexity("LogLikelihood", "TokenCount"));
        Assert.Equal(2, tokens.Values.Count);
        Assert.Equal(2, tokens.Mean, 12);
        Assert.Throws<InvalidOperationException>(() => Of(ComparisonMetric.Of("own", true, 1, _ => [double.NaN])));
        Assert.Throws<InvalidOperationException>(() => Of(ComparisonMetric.Of("own", true, 1, _ => [])));
        Assert.Throws<ArgumentOutOfRangeException>(() => ComparisonMetric.Of("own", true, 0, _ => []));
        Assert.Throws<ArgumentException>(() => ComparisonMetric.Of(SearchMetric.Of("own", true, (_, _) => 0)));
    }

    [Fact]
    public void PairedVerdict_RowsWithWeights_AreARatio()
    {
        RowFigures[] plain = [new([3, 1, 2], [1, 4, 5]), new([3, 2, 2], [1, 4, 5])];
        RowFigures[] with = [new([2, 1, 1], [1, 4, 5]), new([3, 1, 3], [1, 4, 5])];

        PairedDifferences differences = PairedVerdict.Differences(with, plain, largerIsBetter: false);

        Assert.Equal([0.6, -0.1], differences.SeedMeans, (a, b) => Math.Abs(a - b) < 1e-12);
        Verdict shown = PairedVerdict.Of(differences, leastEffect: 0.2, perplexity: 10);
        Assert.Equal(10 * (1 - Math.Exp(-0.25)), shown.Interval.Estimate, 9);
        Assert.Equal(Math.Sign(PairedInterval.SeedsByRows(differences).Lower), Math.Sign(shown.Interval.Lower));
    }

    private static FineTuneOptions Tiny() => new() { Epochs = 1, MaxSteps = 2, MicroBatchSize = 8, GeometryProbe = null, MaxSequenceLength = 8, LearningRate = 1e-3 };

    private static IEstimator<ITransformer> Pipeline(Action<FineTuneOptions>? change = null)
    {
        FineTuneOptions options = Tiny();
        change?.Invoke(options);
        return Ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(Ml, options: options).Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
    }

    private static IDataView Rows(int count, string word) => Ml.Data.LoadFromEnumerable(
        Enumerable.Range(0, count).Select(i => new Row { Text = $"the {word} {(i % 2 == 0 ? "sun shone over" : "rain fell on")} house {i}", Label = i % 2 == 0 ? "a" : "b" }));

    private sealed class Labels
    {
        [Microsoft.ML.Data.VectorType(2)]
        public float[] Both { get; set; } = [];
    }

    private sealed class Told(Action<ComparisonProgress> tell) : IProgress<ComparisonProgress>
    {
        public void Report(ComparisonProgress value) => tell(value);
    }

    private sealed class Scored
    {
        public bool Yes { get; set; }

        public float Odds { get; set; }

        public float Number { get; set; }

        public float LogLikelihood { get; set; } = -6;

        public int TokenCount => Number == 1 ? 0 : 3;
    }

    private sealed class AllKinds
    {
        public string Text { get; set; } = "text";

        public bool Flag { get; set; }

        public double Number { get; set; }

        public byte Byte { get; set; }

        [VectorType]
        public float[] Labels { get; set; } = [0, 0];

        [VectorType]
        public bool[] Flags { get; set; } = [false, false];

        [VectorType]
        public string[] Words { get; set; } = [];
    }
}

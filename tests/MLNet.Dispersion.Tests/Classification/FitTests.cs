using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

public sealed class FitTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Evaluate_SeparableClasses_AreLearntAndNamed()
    {
        DataOperationsCatalog.TrainTestData split = _ml.Data.TrainTestSplit(Rows.View(_ml, 150), testFraction: 0.2);
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label")
            .FineTuneWithDispersion(_ml, backbone: TinyBackbone.Backbone, options: Tuning.Options());
        using TransformerChain<FineTuneWithDispersionTransformer> model = pipeline.Fit(split.TrainSet);
        MulticlassClassificationMetrics metrics = _ml.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
        Assert.True(metrics.MicroAccuracy > 0.9, $"accuracy {metrics.MicroAccuracy}");
        Assert.True(metrics.LogLoss < 0.7, $"log loss {metrics.LogLoss}");
        string table = metrics.ConfusionMatrix.GetFormattedConfusionTable();
        Assert.All(Rows.ClassNames, name => Assert.Contains(name, table, StringComparison.Ordinal));
    }

    [Fact]
    public void CrossValidate_TwoFolds_GivesMetricsOfBoth()
    {
        FineTuneWithDispersionEstimator trainer = _ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Options(epochs: 3));
        var folds = _ml.MulticlassClassification.CrossValidate(Tuning.KeyedRows(_ml, 60), trainer, numberOfFolds: 2);
        Assert.Equal(2, folds.Count);
        Assert.All(folds, fold =>
        {
            Assert.InRange(fold.Metrics.MicroAccuracy, 0, 1);
            Assert.True(double.IsFinite(fold.Metrics.LogLoss));
            (fold.Model as IDisposable)?.Dispose();
        });
    }

    [Fact]
    public void CrossValidate_WholePipeline_MapsLabelsInEachFold()
    {
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(_ml, backbone: TinyBackbone.Backbone, options: Tuning.Brief());
        var folds = _ml.MulticlassClassification.CrossValidate(Rows.View(_ml, 40), pipeline, numberOfFolds: 2);
        Assert.All(folds, fold => Assert.True(double.IsFinite(fold.Metrics.LogLoss)));
    }

    [Fact]
    public void Fit_Twice_GivesTheSameModel()
    {
        IDataView data = Tuning.KeyedRows(_ml, 24);
        FineTuneWithDispersionEstimator trainer = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief());
        using FineTuneWithDispersionTransformer first = trainer.Fit(data);
        using FineTuneWithDispersionTransformer second = trainer.Fit(data);
        Assert.Equal(Tuning.Scores(_ml, first, "a cat", "red"), Tuning.Scores(_ml, second, "a cat", "red"));
    }

    [Fact]
    public void Fit_NoSeedInOptions_TheContextsSeedDecides()
    {
        float[] one = ScoresOfFreshContext(contextSeed: 1, seed: null);
        Assert.Equal(one, ScoresOfFreshContext(contextSeed: 1, seed: null));
        Assert.NotEqual(one, ScoresOfFreshContext(contextSeed: 2, seed: null));
        Assert.Equal(ScoresOfFreshContext(contextSeed: 1, seed: 7), ScoresOfFreshContext(contextSeed: 2, seed: 7));
    }

    [Fact]
    public void Fit_OptionsEditedAfterwards_ChangesNothing()
    {
        int steps = 0;
        FineTuneOptions options = Tuning.Brief();
        options.Progress = new Recorder(progress => steps = progress.Step);
        FineTuneWithDispersionEstimator trainer = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options);
        options.MaxSteps = 1;
        options.Dispersion.Coefficient = -5;
        options.Progress = null;
        using FineTuneWithDispersionTransformer model = trainer.Fit(Tuning.KeyedRows(_ml, 24));
        Assert.Equal(2, steps);
        Assert.Null(options.Seed);
    }

    [Fact]
    public void Fit_IntLabels_PredictsInts()
    {
        int[] values = [30, -5, 7];
        IDataView data = _ml.Data.LoadFromEnumerable(Rows.Labelled(30).Select((row, i) => new IntRow { Text = row.Text!, Label = values[i % 3] }));
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label")
            .FineTuneWithDispersion(_ml, backbone: TinyBackbone.Backbone, options: Tuning.Brief())
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        using TransformerChain<Microsoft.ML.Transforms.KeyToValueMappingTransformer> model = pipeline.Fit(data);
        Assert.All(_ml.Data.CreateEnumerable<IntPrediction>(model.Transform(data), reuseRowObject: false), row => Assert.Contains(row.PredictedLabel, values));
    }

    [Fact]
    public void Fit_KeysWithoutValues_TrainsAndEvaluates()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Rows.Labelled(30).Select((row, i) => new BareKeyRow { Text = row.Text!, Label = (uint)(i % 3) + 1 }));
        using FineTuneWithDispersionTransformer model = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(data);
        Assert.Equal(3, model.ClassCount);
        Assert.True(double.IsFinite(_ml.MulticlassClassification.Evaluate(model.Transform(data)).LogLoss));
    }

    [Fact]
    public void Fit_ClassWithoutRows_IsKeptInTheScore()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Rows.Labelled(30).Select((row, i) => new BareKeyRow { Text = row.Text!, Label = (uint)(i % 2) + 1 }));
        using FineTuneWithDispersionTransformer model = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(data);
        Assert.Equal(3, Tuning.Scores(_ml, model, "a cat").Length);
    }

    [Fact]
    public void Evaluate_LabelsNeverSeenInTraining_AreScoredAndLeftOutOfTheMetrics()
    {
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(_ml, backbone: TinyBackbone.Backbone, options: Tuning.Brief());
        using TransformerChain<FineTuneWithDispersionTransformer> model = pipeline.Fit(Rows.View(_ml, 30));
        List<TextRow> rows = Rows.Labelled(30);
        rows[3].Label = "minerals";
        IDataView scored = model.Transform(_ml.Data.LoadFromEnumerable(rows));
        List<ScoredText> read = [.. _ml.Data.CreateEnumerable<ScoredText>(scored, reuseRowObject: false)];
        Assert.Equal(1f, read[3].Score.Sum(), 4);
        Assert.InRange(read[3].PredictedLabel, 1u, 3u);
        Assert.True(double.IsFinite(_ml.MulticlassClassification.Evaluate(scored).LogLoss));
    }

    [Fact]
    public void Transform_InBlocks_EqualsTheEngineRowByRow()
    {
        using FineTuneWithDispersionTransformer model = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Options(epochs: 2)).Fit(Tuning.KeyedRows(_ml, 48));
        List<TextRow> rows = Rows.Labelled(80, seed: 9);
        rows[5].Text = null;
        rows[6].Text = "  ";
        rows[7].Text = "👍🏽 \ud800";
        using var engine = _ml.Model.CreatePredictionEngine<TextRow, ScoredText>(model, new PredictionEngineOptions { OwnsTransformer = false });
        List<ScoredText> scored = [.. _ml.Data.CreateEnumerable<ScoredText>(model.Transform(_ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];
        foreach ((TextRow row, ScoredText block) in rows.Zip(scored))
        {
            ScoredText alone = engine.Predict(row);
            Assert.All(alone.Score.Zip(block.Score), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            Assert.Equal(1f, block.Score.Sum(), 1e-4f);
        }
    }

    [Fact]
    public void Transform_ManyThreadsAtOnce_GivesTheSameScores()
    {
        using FineTuneWithDispersionTransformer model = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(Tuning.KeyedRows(_ml, 24));
        string[] texts = [.. Rows.Labelled(50, seed: 4).Select(row => row.Text!)];
        float[] expected = Tuning.Scores(_ml, model, texts);
        Parallel.For(0, 4, _ => Assert.All(expected.Zip(Tuning.Scores(_ml, model, texts)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f)));
    }

    private static float[] ScoresOfFreshContext(int contextSeed, int? seed)
    {
        var ml = new MLContext(contextSeed);
        FineTuneOptions options = Tuning.Brief();
        options.Seed = seed;
        using FineTuneWithDispersionTransformer model = ml.MulticlassClassification.Trainers
            .FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options)
            .Fit(Tuning.KeyedRows(ml, 24));
        return Tuning.Scores(ml, model, "a cat", "red");
    }

    private sealed class Recorder(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }

    private sealed class IntRow
    {
        public string Text { get; set; } = "";

        public int Label { get; set; }
    }

    private sealed class IntPrediction
    {
        public int PredictedLabel { get; set; }
    }

    private sealed class BareKeyRow
    {
        public string Text { get; set; } = "";

        [KeyType(3)]
        public uint Label { get; set; }
    }
}

using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Regression;

public sealed class RegressionPipelineTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [Fact]
    public void Fit_EvaluateAndSave_PredictsTheSameAfterLoading()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(NumberedRow.Rows(90, seed: 1));
        FineTuneOptions options = Tuning.Options(epochs: 12);
        using FineTuneRegressionWithDispersionTransformer model = Ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(data);
        IDataView test = Ml.Data.LoadFromEnumerable(NumberedRow.Rows(40, seed: 2));

        RegressionMetrics metrics = Ml.Regression.Evaluate(model.Transform(test));

        Assert.True(metrics.RSquared > 0.4, $"R squared is {metrics.RSquared}");
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);
        var other = new MLContext(seed: 2);
        using var loaded = Assert.IsType<FineTuneRegressionWithDispersionTransformer>(other.Model.Load(zip, out _));
        Assert.Equal(("Text", "Score", null, model.BackboneName), (loaded.TextColumnName, loaded.ScoreColumnName, loaded.SecondTextColumnName, loaded.BackboneName));
        Assert.Equal(Scores(Ml, model, test), Scores(other, loaded, test));
        using var engine = other.Model.CreatePredictionEngine<NumberedRow, NumberedScore>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.All(
            NumberedRow.Rows(40, seed: 2).Zip(Scores(other, loaded, test)).Take(5),
            pair => Assert.Equal(pair.Second, engine.Predict(pair.First).Score, 1e-4));
    }

    [Fact]
    public void CrossValidate_TwoFolds_GivesMetricsOfBoth()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(NumberedRow.Rows(30, seed: 1));
        var estimator = Ml.FineTuneRegressionWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief());

        var folds = Ml.Regression.CrossValidate(data, estimator, numberOfFolds: 2);

        Assert.Equal(2, folds.Count);
        Assert.All(folds, fold => Assert.True(double.IsFinite(fold.Metrics.RootMeanSquaredError)));
        foreach (var fold in folds)
        {
            (fold.Model as IDisposable)?.Dispose();
        }
    }

    [Fact]
    public void Fit_PairsOfTexts_KeepTheirSecondColumnInTheZip()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(NumberedRow.Rows(20, seed: 1));
        using FineTuneRegressionWithDispersionTransformer model = Ml.Regression.Trainers
            .FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief(), secondTextColumnName: "Other").Fit(data);
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);

        using var loaded = (FineTuneRegressionWithDispersionTransformer)new MLContext().Model.Load(zip, out _);

        Assert.Equal("Other", loaded.SecondTextColumnName);
        float[] scores = Scores(Ml, loaded, data);
        Assert.Equal(Scores(Ml, model, data), scores);
        using var engine = Ml.Model.CreatePredictionEngine<NumberedRow, NumberedScore>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        NumberedRow row = NumberedRow.Rows(20, seed: 1)[3];
        Assert.Equal(scores[3], engine.Predict(row).Score, 1e-4);
        row.Other = "something else altogether";
        Assert.NotEqual(scores[3], engine.Predict(row).Score, 1e-6);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => loaded.GetOutputSchema(Ml.Data.LoadFromEnumerable(Rows.Labelled(1)).Schema));
        Assert.Contains("second text column 'Other'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classifier_PairsOfTexts_KeepTheirSecondColumnInTheZip()
    {
        IDataView data = Tuning.KeyedRows(Ml, 20);
        data = Ml.Transforms.CopyColumns("Other", "Text").Fit(data).Transform(data);
        using FineTuneWithDispersionTransformer model = Ml.MulticlassClassification.Trainers
            .FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief(), secondTextColumnName: "Other").Fit(data);
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);

        using var loaded = (FineTuneWithDispersionTransformer)new MLContext().Model.Load(zip, out _);

        Assert.Equal("Other", loaded.SecondTextColumnName);
        Assert.Equal(ClassScores(model, data), ClassScores(loaded, data));
    }

    [Fact]
    public void Fit_RowsWithoutLabel_AreLeftOutWithAWarning()
    {
        var ml = new MLContext(seed: 1);
        var log = new LogRecorder(ml);
        List<NumberedRow> rows = NumberedRow.Rows(12, seed: 1);
        rows[3].Label = float.NaN;

        using var model = ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(ml.Data.LoadFromEnumerable(rows));

        Assert.Contains(log.Warnings, warning => warning.Contains("1 of 12 rows have no label", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_BadLabels_AreRefused()
    {
        Assert.Contains("row 2", Error(rows => rows[2].Label = float.NegativeInfinity), StringComparison.Ordinal);
        Assert.Contains("same label, 5", Error(rows => rows.ForEach(row => row.Label = 5)), StringComparison.Ordinal);
        Assert.Contains("None of the 12 rows", Error(rows => rows.ForEach(row => row.Label = float.NaN)), StringComparison.Ordinal);
        Assert.Contains("no rows", Error(rows => rows.Clear()), StringComparison.Ordinal);

        static string Error(Action<List<NumberedRow>> spoil)
        {
            List<NumberedRow> rows = NumberedRow.Rows(12, seed: 1);
            spoil(rows);
            var estimator = Ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief());
            return Assert.Throws<ArgumentException>(() => estimator.Fit(Ml.Data.LoadFromEnumerable(rows))).Message;
        }
    }

    [Fact]
    public void Fit_LabelOfAnotherType_SaysHowToConvertIt()
    {
        IDataView data = Rows.View(Ml, 6);

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone).Fit(data));

        Assert.Contains("ConvertType", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Ml.Regression.Trainers.FineTuneWithDispersion(secondTextColumnName: "Text"));
        Assert.Throws<ArgumentException>(() => Ml.Regression.Trainers.FineTuneWithDispersion(secondTextColumnName: " "));
    }

    [Fact]
    public void MeasureCondensation_OfAFittedRegression_MeasuresItsModel()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(NumberedRow.Rows(12, seed: 1));
        using var model = Ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(data);

        var report = Ml.MeasureCondensation(data, "Text", model, new() { MinTokens = 2, MaxTokens = 8 });

        Assert.Equal(3, report.Layers.Count);
    }

    private static float[] Scores(MLContext ml, ITransformer model, IDataView data) =>
        [.. ml.Data.CreateEnumerable<NumberedScore>(model.Transform(data), reuseRowObject: false).Select(row => row.Score)];

    private static float[] ClassScores(FineTuneWithDispersionTransformer model, IDataView data) =>
        [.. Ml.Data.CreateEnumerable<ScoredText>(model.Transform(data), reuseRowObject: false).SelectMany(row => row.Score)];
}

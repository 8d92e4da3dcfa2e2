using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.BinaryClassification;

public sealed class BinaryPipelineTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [Fact]
    public void Fit_EvaluateAndSave_AnswersTheSameAfterLoading()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(BinaryRow.Rows(90, seed: 1));
        using FineTuneBinaryWithDispersionTransformer model = Ml.BinaryClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Options(epochs: 12)).Fit(data);
        IDataView test = Ml.Data.LoadFromEnumerable(BinaryRow.Rows(40, seed: 2));

        CalibratedBinaryClassificationMetrics metrics = Ml.BinaryClassification.Evaluate(model.Transform(test));

        Assert.True(metrics.AreaUnderRocCurve > 0.8, $"AUC is {metrics.AreaUnderRocCurve}");
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);
        var other = new MLContext(seed: 2);
        using var loaded = Assert.IsType<FineTuneBinaryWithDispersionTransformer>(other.Model.Load(zip, out _));
        Assert.Equal(("Text", "Score", "Probability", "PredictedLabel", null), (loaded.TextColumnName, loaded.ScoreColumnName, loaded.ProbabilityColumnName, loaded.PredictedLabelColumnName, loaded.SecondTextColumnName));
        Assert.Equal(Answers(model, test).Select(Figures), Answers(loaded, test).Select(Figures));
        Assert.Equal(model.GeometryHistory.Count, loaded.GeometryHistory.Count);
        using var engine = other.Model.CreatePredictionEngine<BinaryRow, BinaryAnswer>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.All(
            BinaryRow.Rows(40, seed: 2).Zip(Answers(loaded, test)).Take(5),
            pair => Assert.Equal(pair.Second.Score, engine.Predict(pair.First).Score, 1e-4));
    }

    [Fact]
    public void Transform_Probability_IsTheSigmoidOfTheScore()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(BinaryRow.Rows(20, seed: 1));
        using var model = Ml.BinaryClassification.Trainers.FineTuneWithDispersion("Label", "Text", epochs: 1, backbone: TinyBackbone.Backbone).Fit(data);

        Assert.All(Answers(model, data), answer =>
        {
            Assert.Equal(1 / (1 + Math.Exp(-answer.Score)), answer.Probability, 1e-6);
            Assert.Equal(answer.Score > 0, answer.PredictedLabel);
        });
        DataViewSchema schema = model.GetOutputSchema(data.Schema);
        Assert.Equal(["PredictedLabel", "Score", "Probability"], schema.Skip(data.Schema.Count).Select(column => column.Name));
    }

    [Fact]
    public void CrossValidate_TwoFolds_GivesMetricsOfBoth()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(BinaryRow.Rows(40, seed: 1));
        var estimator = Ml.BinaryClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief());

        var folds = Ml.BinaryClassification.CrossValidate(data, estimator, numberOfFolds: 2);

        Assert.Equal(2, folds.Count);
        Assert.All(folds, fold => Assert.True(double.IsFinite(fold.Metrics.LogLoss)));
        foreach (var fold in folds)
        {
            (fold.Model as IDisposable)?.Dispose();
        }
    }

    [Theory]
    [InlineData(AdapterSaving.Everything)]
    [InlineData(AdapterSaving.AdapterOnly)]
    public void Fit_PairsWithAnAdapter_AnswersTheSameAfterLoading(AdapterSaving saving)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(BinaryRow.Rows(24, seed: 1));
        FineTuneOptions options = Tuning.Brief();
        options.Lora = new LoraOptions { Rank = 2, Saving = saving };
        using var model = Ml.BinaryClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options, secondTextColumnName: "Other").Fit(data);
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);

        using var loaded = (FineTuneBinaryWithDispersionTransformer)new MLContext().Model.Load(zip, out _);

        Assert.Equal("Other", loaded.SecondTextColumnName);
        Assert.Equal(saving, loaded.LanguageModel.Adapter!.Saving);
        Assert.Equal(Answers(model, data).Select(Figures), Answers(loaded, data).Select(Figures));
    }

    [Fact]
    public void Fit_ByDefault_MeasuresGeometryBeforeAndAfter()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(BinaryRow.Rows(24, seed: 1));
        using var model = Ml.BinaryClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(data);

        Assert.Equal([0, 2], model.GeometryHistory.Select(snapshot => snapshot.Step));
        CondensationReport report = Ml.MeasureCondensation(data, "Text", model, new() { MinTokens = 2, MaxTokens = 8 });
        Assert.Equal(3, report.Layers.Count);
    }

    [Fact]
    public void Fit_NumbersAsLabels_NaNIsLeftOutAndOthersAreRefused()
    {
        var ml = new MLContext(seed: 1);
        var log = new LogRecorder(ml);
        var estimator = ml.BinaryClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief());
        List<NumberedRow> rows = [.. NumberedRow.Rows(12, seed: 1).Select((row, i) => new NumberedRow { Text = row.Text, Label = i % 2 })];
        rows[3].Label = float.NaN;

        using var model = estimator.Fit(ml.Data.LoadFromEnumerable(rows));

        Assert.Contains(log.Warnings, warning => warning.Contains("1 of 12 rows have no label", StringComparison.Ordinal));
        rows[5].Label = 2;
        Assert.Contains("row 5 (from 0) is 2", Assert.Throws<ArgumentException>(() => estimator.Fit(ml.Data.LoadFromEnumerable(rows))).Message, StringComparison.Ordinal);
        rows.ForEach(row => row.Label = float.NaN);
        Assert.Contains("None of the 12 rows", Assert.Throws<ArgumentException>(() => estimator.Fit(ml.Data.LoadFromEnumerable(rows))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_NothingToTellApart_IsRefused()
    {
        List<BinaryRow> rows = BinaryRow.Rows(6, seed: 1);
        rows.ForEach(row => row.Label = true);
        var estimator = Ml.BinaryClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief());

        Assert.Contains("same label, True", Assert.Throws<ArgumentException>(() => estimator.Fit(Ml.Data.LoadFromEnumerable(rows))).Message, StringComparison.Ordinal);
        Assert.Contains("no rows", Assert.Throws<ArgumentException>(() => estimator.Fit(Ml.Data.LoadFromEnumerable(new List<BinaryRow>()))).Message, StringComparison.Ordinal);
        Assert.Contains("expected Boolean", Assert.Throws<ArgumentOutOfRangeException>(() => estimator.Fit(Rows.View(Ml, 6))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Ml.BinaryClassification.Trainers.FineTuneWithDispersion(probabilityColumnName: "Score"));
    }

    internal static List<BinaryAnswer> Answers(ITransformer model, IDataView data) => [.. Ml.Data.CreateEnumerable<BinaryAnswer>(model.Transform(data), reuseRowObject: false)];

    private static (bool Label, float Score, float Probability) Figures(BinaryAnswer answer) => (answer.PredictedLabel, answer.Score, answer.Probability);
}
